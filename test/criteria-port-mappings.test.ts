import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { makePortMapper } from '../lab/cameras/port-mapper.ts'
import { probe } from '../lab/probes/port-mappings.ts'
import { answerAction, OUTSIDE } from '../lab/services/gateway-documents.ts'
import { natAnswer } from '../lab/services/nat-pmp.ts'
import { criterion as contacts } from '../suites/exposed-ports/no-undeclared-contacts.ts'
import { criterion } from '../suites/exposed-ports/no-port-mappings.ts'
import { natAskOf, searchTargetOf, upnpAskOf } from '../suites/facts/port-mapping.ts'
import { GATEWAY_WAYS, kind, type PortMappings } from '../suites/observations/port-mappings.ts'
import { kind as rebootLog, type RebootLog } from '../suites/observations/reboot-log.ts'
import { kind as trafficKind, type Traffic } from '../suites/observations/traffic.ts'
import type { Seen } from '../suites/observation.ts'
import type { Statement } from '../suites/statement.ts'
import { emptyStatement, testBench } from './support/bench.ts'
import { answered, codes, fixture, judgeBy } from './support/judging.ts'
import { has } from './support/programs.ts'

const DEVICE = '127.0.0.1'
const LAB = '127.90.6.1'
const statementOf = (over: Partial<Statement> = {}) => emptyStatement({ portMappings: [], ...over })

/** What upnpc 2.2.4 and natpmpc sent when they were told to map port 8443, and what upnpc sends when it stops at the address. */
const recorded = fixture('port-mappings/clients.json') as Record<'maps' | 'natMaps' | 'shows', PortMappings['asks']>

const controls = GATEWAY_WAYS.flatMap((way) =>
  (['before', 'after'] as const).map((when) => ({ when, way, answered: true })),
)
const value = (over: Partial<PortMappings> = {}): PortMappings => ({
  address: LAB,
  httpPort: 40_000,
  outside: OUTSIDE,
  from: 1_000_000,
  until: 61_000_000,
  before: 0,
  asks: [],
  left: 0,
  controls,
  ...over,
})
const judged = (seen: PortMappings, statement = statementOf(), more: ReturnType<typeof answered>[] = []) => {
  const [judgement] = judgeBy(criterion, {
    statement,
    observations: [answered(kind, 'a', seen), ...more],
    kinds: [kind],
  })
  return { verdict: judgement?.verdict, codes: codes(judgement), findings: judgement?.findings ?? [] }
}
const withReboot = statementOf({ actions: { reboot: { service: 'web', method: 'POST', target: '/reboot' } } })
const rebooted = (open: number | null) =>
  answered(rebootLog, 'a', { declared: true, open, closed: open } as unknown as RebootLog)

describe('no port mappings', () => {
  test('nobody asked while the gateway answered: pass', () => {
    assert.deepEqual(judged(value()).codes, ['watched'])
    assert.equal(judged(value()).verdict, 'pass')
  })

  test('a search is no mapping', () => {
    const { verdict, codes } = judged(value({ asks: recorded.maps.filter((a) => a.way === 'search') }))
    assert.deepEqual([verdict, codes], ['pass', ['looked', 'watched']])
  })

  test('what upnpc and natpmpc ask for fails, unless it is declared', () => {
    for (const asks of [recorded.maps, recorded.natMaps]) {
      const { verdict, findings } = judged(value({ asks }))
      assert.equal(verdict, 'fail')
      const { internal, external, transport } =
        findings.find((f) => f.message.code === 'undeclared')?.message.values ?? {}
      assert.deepEqual([internal, external, transport], [8443, 8443, 'tcp'])
      const mapping = { id: 'web', transport: 'tcp' as const, port: 8443, purpose: 'p' }
      assert.equal(judged(value({ asks }), statementOf({ portMappings: [mapping] })).verdict, 'pass')
      for (const other of [{ external: 443 }, { port: 443 }, { transport: 'udp' as const }])
        assert.equal(judged(value({ asks }), statementOf({ portMappings: [{ ...mapping, ...other }] })).verdict, 'fail')
    }
    const { portMappings: _, ...silent } = statementOf()
    assert.equal(judged(value({ asks: recorded.maps }), silent).verdict, 'fail')
  })

  test('whoever asked for the address outside and went no further is not decided', () => {
    const { verdict, codes } = judged(value({ asks: recorded.shows }))
    assert.equal(verdict, 'inconclusive')
    assert.ok(codes.includes('stopped-at-address'))
    const told = judged(value({ asks: recorded.shows, outside: '5.9.0.1' }))
    assert.deepEqual([told.verdict, told.codes[0]], ['pass', 'asked-address'])
  })

  test('a deaf gateway, a short time, a full list, bytes that cannot be read: not decided', () => {
    const deaf = controls.map((c) => ({ ...c, answered: c.way !== 'pcp' || c.when !== 'after' }))
    const cases: [Partial<PortMappings>, string][] = [
      [{ controls: deaf }, 'deaf-after'],
      [{ controls: [] }, 'deaf-before'],
      [{ until: 30_000_000 }, 'too-short'],
      [{ left: 1 }, 'list-cut'],
      [{ asks: [{ way: 'port-5351', from: DEVICE, at: 2, times: 1, bytes: 'CQk=' }] }, 'unread'],
    ]
    for (const [over, code] of cases) {
      const { verdict, codes } = judged(value(over))
      assert.equal(verdict, 'inconclusive', code)
      assert.ok(codes.includes(code), code)
    }
  })

  test('a declared reboot must lie in the time, with a while after it', () => {
    assert.deepEqual(judged(value(), withReboot, [rebooted(20_000_000)]).codes, ['watched', 'over-reboot'])
    assert.ok(judged(value(), withReboot, [rebooted(55_000_000)]).codes.includes('too-short-after-reboot'))
    for (const more of [[], [rebooted(null)], [rebooted(70_000_000)]])
      assert.deepEqual(judged(value(), withReboot, more).codes, ['watched', 'no-reboot'])
  })

  test('who was led to the gateway made no undeclared contact; another port of the lab is one', () => {
    const contact = {
      transport: 'tcp',
      from: DEVICE,
      peer: LAB,
      port: 40_000,
      start: 'device',
      ownPorts: [],
      names: [],
    }
    const seenBy = (port: number): Traffic =>
      ({
        contacts: [{ ...contact, port }],
        names: [],
        lab: [LAB],
        canaries: [],
        groups: [],
        packets: {},
      }) as unknown as Traffic
    const verdictOn = (port: number, gateway: ReturnType<typeof answered>[]) => {
      const observations = [answered(trafficKind, 'a', seenBy(port)), ...gateway]
      return codes(
        judgeBy(contacts, { statement: statementOf({ contacts: [] }), observations, kinds: [trafficKind] })[0],
      )[0]
    }
    const gateway = answered(kind, 'a', value())
    assert.equal(verdictOn(40_000, [gateway]), 'gateway')
    assert.equal(verdictOn(40_001, [gateway]), 'undeclared-contact')
    assert.equal(verdictOn(40_000, []), 'undeclared-contact')
    const cut: Seen<never> = { answered: false, cause: 'lab', why: { code: 'x', values: {} }, artifacts: [] }
    assert.equal(verdictOn(40_000, [{ ...gateway, seen: cut }]), 'maybe-gateway?')
  })
})

/** MAP of PCP for TCP 554 of 192.0.2.7, one hour (RFC 6887 sections 7.1 and 11.1). */
const pcpMap = (from: string, seconds = 3600): Buffer => {
  const bytes = Buffer.alloc(60)
  bytes.set([2, 1])
  bytes.writeUInt32BE(seconds, 4)
  bytes.set([0xff, 0xff, ...from.split('.').map(Number)], 18)
  bytes[36] = 6
  bytes.writeUInt16BE(554, 40)
  return bytes
}

describe('the messages', () => {
  test('PCP: what is asked and what is answered', () => {
    const asked = natAskOf(pcpMap('192.0.2.7'))
    assert.deepEqual(asked, {
      is: 'mapping',
      how: 'PCP MAP',
      mapping: { transport: 'tcp', internal: 554, external: 0, seconds: 3600, client: '192.0.2.7', description: '' },
    })
    assert.equal(natAskOf(pcpMap('192.0.2.7', 0)).is, 'removal')
    const how = { outside: OUTSIDE, seconds: 5, from: '192.0.2.7' }
    const answer = natAnswer(pcpMap('192.0.2.7'), how)
    assert.deepEqual([answer?.length, answer?.[1], answer?.[3], answer?.readUInt16BE(42)], [60, 0x81, 0, 554])
    assert.equal(natAnswer(pcpMap('192.0.2.8'), how)?.[3], 12)
    assert.equal(natAnswer(Buffer.concat([pcpMap('192.0.2.7'), Buffer.from([1, 0, 0, 0])]), how)?.[3], 5)
    assert.equal(natAnswer(Buffer.from([0x81, 1, ...pcpMap('192.0.2.7').subarray(2)]), how)?.[3], 1)
  })

  test('of an unreadable body the header tells the action; entries switched off open nothing', () => {
    const head =
      'POST /x HTTP/1.1\r\nSOAPAction: "urn:schemas-upnp-org:service:WANIPConnection:1#AddPortMapping"\r\n\r\n'
    assert.equal(upnpAskOf(Buffer.from(`${head}<broken`)).is, 'mapping')
    const off = `<Envelope><Body><AddPortMapping><NewEnabled>0</NewEnabled></AddPortMapping></Body></Envelope>`
    assert.equal(upnpAskOf(Buffer.from(head + off)).is, 'question')
  })

  test('hostile bytes neither throw nor hang', () => {
    let a = 20_260_601
    const next = (below: number): number => {
      a = (Math.imul(a, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((a / 2 ** 32) * below)
    }
    const seeds = [...recorded.maps, ...recorded.natMaps].map((m) => Buffer.from(m.bytes, 'base64'))
    for (let i = 0; i < 2_000; i++) {
      const bytes = Buffer.from(seeds[next(seeds.length)] ?? pcpMap(DEVICE)).subarray(0, 1 + next(1_500))
      for (let k = next(6); k >= 0; k--) bytes[next(bytes.length)] = next(256)
      searchTargetOf(bytes)
      upnpAskOf(bytes)
      natAskOf(bytes)
      natAnswer(bytes, { outside: OUTSIDE, seconds: 1, from: DEVICE })
      answerAction('urn:schemas-upnp-org:service:WANIPConnection:1', bytes, { outside: OUTSIDE, entries: new Map() })
    }
  })
})

const run = (file: string, args: string[]): Promise<string> =>
  new Promise((resolve) => execFile(file, args, { timeout: 20_000 }, (_fault, out, err) => resolve(out + err)))

/** The lab's gateway while something is done, as the probe keeps it. */
async function observedWhile(work: () => Promise<void>): Promise<PortMappings> {
  const bench = testBench(statementOf(), { sources: () => [LAB], wait: () => Promise.resolve(true) })
  const watch = await probe.watch?.(bench, 'a', 0)
  assert.ok(watch)
  try {
    await work()
    const seen = await watch.end(bench)
    assert.ok(seen.answered, JSON.stringify(seen))
    return seen.value
  } finally {
    watch.stop()
  }
}

describe('the gateway', { timeout: 60_000 }, () => {
  test('answers the lab by every way, and nobody out of scope', async () => {
    const seen = await observedWhile(async () => {
      const stranger = createSocket('udp4').bind({ address: '127.90.6.2', port: 0 })
      await once(stranger, 'listening')
      const device = createSocket('udp4').bind({ address: DEVICE, port: 0 })
      await once(device, 'listening')
      device.setMulticastInterface(DEVICE)
      device.send('NOTIFY * HTTP/1.1\r\nNT: upnp:rootdevice\r\nNTS: ssdp:alive\r\n\r\n', 1900, '239.255.255.250')
      let answers = 0
      stranger.on('message', () => answers++)
      stranger.setMulticastInterface('127.90.6.2')
      stranger.send('M-SEARCH * HTTP/1.1\r\nMAN: "ssdp:discover"\r\nST: ssdp:all\r\n\r\n', 1900, '239.255.255.250')
      stranger.send(Buffer.from([0, 0]), 5351, LAB)
      await new Promise((done) => setTimeout(done, 300))
      stranger.close()
      device.close()
      assert.equal(answers, 0)
    })
    assert.deepEqual(seen.controls.filter((c) => !c.answered), []) // prettier-ignore
    assert.equal(seen.controls.length, 8)
    assert.deepEqual(seen.asks, [])
  })

  test('upnpc maps a port and takes it away again', { skip: has('upnpc') ? false : 'no upnpc' }, async () => {
    let said = ''
    const seen = await observedWhile(async () => {
      said = await run('upnpc', ['-i', '-m', DEVICE, '-e', 'camera', '-a', DEVICE, '8443', '8443', 'TCP', '600'])
      said += await run('upnpc', ['-i', '-m', DEVICE, '-d', '8443', 'TCP'])
    })
    assert.match(said, /external [\d.]+:8443 TCP is redirected to internal 127\.0\.0\.1:8443/)
    const asked = seen.asks.map((a) => (a.way === 'http' ? upnpAskOf(Buffer.from(a.bytes, 'base64')) : { is: a.way }))
    assert.ok(asked.some((a) => a.is === 'search'))
    const mapping = asked.find((a) => a.is === 'mapping')
    assert.ok(mapping && 'mapping' in mapping)
    assert.deepEqual(
      [mapping.mapping.internal, mapping.mapping.description, mapping.mapping.seconds],
      [8443, 'camera', 600],
    )
    assert.ok(asked.some((a) => a.is === 'removal'))
    assert.ok(judged(seen).codes.includes('undeclared'))
  })

  test('natpmpc maps a port', { skip: has('natpmpc') ? false : 'no natpmpc' }, async () => {
    let said = ''
    const seen = await observedWhile(async () => {
      said = await run('natpmpc', ['-g', LAB, '-a', '8443', '8443', 'tcp', '600'])
    })
    assert.match(said, /Mapped public port 8443 protocol TCP to local port 8443/)
    assert.ok(judged(seen).codes.includes('undeclared'))
  })

  test('a camera that maps its web port is seen to', async () => {
    const camera = makePortMapper(DEVICE, () => 8443)
    const seen = await observedWhile(async () => {
      await camera.open()
      await new Promise((done) => setTimeout(done, 500))
      await camera.close()
    })
    assert.equal(judged(seen).codes.filter((c) => c === 'undeclared').length, 1)
  })
})
