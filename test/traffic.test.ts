import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { capturePlace } from '../lab/services/capture-place.ts'
import { makeRedactor } from '../lab/redact.ts'
import { clearSecrets } from '../lab/services/clear-secrets.ts'
import { beginWatches } from '../lab/watches.ts'
import type { LabRun } from '../lab/lab-run.ts'
import type { RunBench } from '../lab/bench.ts'
import { validatorOf } from '../profiles/validator.ts'
import { messageText } from '../reports/locales/index.ts'
import { criterion as onTheWire } from '../suites/encryption/no-secrets-on-the-wire.ts'
import { criterion } from '../suites/exposed-ports/no-undeclared-contacts.ts'
import { isDeclaredName } from '../suites/facts/contacts.ts'
import { dnsOf } from '../suites/facts/dns.ts'
import { addressKey } from '../suites/facts/log-words.ts'
import { packetOf } from '../suites/facts/packet.ts'
import { pcapReader, type Captured } from '../suites/facts/pcap.ts'
import { serverNameOf } from '../suites/facts/tls-server-name.ts'
import { trafficReducer } from '../suites/facts/traffic.ts'
import { kind as eventLog, type EventLog } from '../suites/observations/event-log.ts'
import { kind, type Contact, type Traffic } from '../suites/observations/traffic.ts'
import type { Statement } from '../suites/statement.ts'
import { emptyStatement } from './support/bench.ts'
import { answered, codes, fixture, judgeBy } from './support/judging.ts'

/** Captures that tcpdump wrote of curl and Node calling out from 127.77.0.10 and fd00:77::10, and what is made of them. */
const file = (name: string) => new Uint8Array(readFileSync(new URL(`./fixtures/traffic/${name}`, import.meta.url)))
const DEVICE = new Set(['127.77.0.10', addressKey('fd00:77::10') ?? ''])

function packetsOf(bytes: Uint8Array, cut = bytes.length): { list: Captured[]; link: number; ok: boolean } {
  const list: Captured[] = []
  const reader = pcapReader((p) => list.push({ ...p, bytes: p.bytes.slice() }))
  let ok = true
  for (let at = 0; at < bytes.length; at += cut) ok = reader.push(bytes.subarray(at, at + cut))
  return { list, link: reader.link() ?? -1, ok }
}

function reduced(bytes: Uint8Array, device: ReadonlySet<string> = DEVICE) {
  const { list, link } = packetsOf(bytes)
  const reducer = trafficReducer(device)
  for (const { at, bytes: b, length } of list) reducer.take(packetOf(link, b), at, length)
  return reducer.result()
}

/** mulberry32: the same numbers in every run. */
function numbers(seed: number): (below: number) => number {
  let a = seed
  return (below) => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

describe('the reader of captures', () => {
  test('tells the same however the bytes come, on one interface and on all', () => {
    for (const name of ['ethernet.pcap', 'any.pcap']) {
      const whole = packetsOf(file(name))
      assert.equal(whole.list.length, 41, name)
      for (const cut of [1, 7, 1000]) assert.deepEqual(packetsOf(file(name), cut), whole)
      const { contacts, names, askedBy, packets } = reduced(file(name))
      const shown = contacts.map(
        (c) => `${c.transport} ${c.peer} ${c.port} ${c.start} ${c.names.join()} ${c.answers > 0}`,
      )
      assert.deepEqual(shown, [
        'tcp 127.77.0.1 8443 device relay.example.com true',
        `tcp ${addressKey('fd00:77::1')} 8443 device six.example.com true`,
        'udp 127.77.0.1 53 device  false',
      ])
      assert.deepEqual(names.map((n) => n.name), ['time.example.org']) // prettier-ignore
      assert.deepEqual(askedBy, ['127.77.0.1'])
      assert.equal(packets.unread, 0)
    }
  })

  test('the other end of the same packets begins nothing but what was refused', () => {
    const { contacts } = reduced(file('ethernet.pcap'), new Set(['127.77.0.1', addressKey('fd00:77::1') ?? '']))
    assert.deepEqual(
      contacts.map((c) => `${c.transport} ${c.peer} ${c.port}`),
      ['tcp 127.77.0.10 9'],
    )
  })

  test('an answer from another port, an answer to a question to a group, and an announcement are no contacts', () => {
    const reducer = trafficReducer(new Set(['10.0.0.2']))
    const packet = (from: string, fromPort: number, to: string, toPort: number) =>
      reducer.take(
        { source: from, destination: to, sourceMac: null, destinationMac: null, protocol: 17, sourcePort: fromPort, destinationPort: toPort, flags: 0, sequence: 0, payload: new Uint8Array(0), isLaterFragment: false }, // prettier-ignore
        1,
        100,
      )
    packet('10.0.0.1', 40_000, '10.0.0.2', 69)
    packet('10.0.0.2', 50_000, '10.0.0.1', 40_000)
    packet('10.0.0.1', 40_001, '239.255.255.250', 1900)
    packet('10.0.0.2', 50_001, '10.0.0.1', 40_001)
    packet('10.0.0.2', 3702, '239.255.255.250', 3702)
    packet('10.0.0.2', 68, '255.255.255.255', 67)
    assert.deepEqual(reducer.result().contacts, [])
    assert.deepEqual(reducer.result().groups, [{ group: '239.255.255.250', port: 3702, packets: 1 }])
    packet('10.0.0.2', 50_002, '10.0.0.1', 40_002)
    assert.equal(reducer.result().contacts.length, 1)
  })

  test('nanoseconds and the other byte order are read, impossible lengths end the reading', () => {
    const bytes = file('ethernet.pcap')
    const [first] = packetsOf(bytes).list
    const nano = bytes.slice(0, 24 + 16 + (first?.bytes.length ?? 0))
    nano.set([0x4d, 0x3c, 0xb2, 0xa1])
    assert.equal(Math.floor((packetsOf(nano).list[0]?.at ?? 0) / 1_000_000), Math.floor((first?.at ?? 0) / 1_000_000))
    const big = nano.slice()
    for (const [at, size] of [[0, 4], [20, 4], [24, 4], [28, 4], [32, 4], [36, 4]] as const) big.subarray(at, at + size).reverse() // prettier-ignore
    assert.deepEqual(packetsOf(big), packetsOf(nano))
    const long = bytes.slice()
    long.set([0xff, 0xff, 0xff, 0x7f], 32)
    assert.deepEqual([packetsOf(long).ok, packetsOf(long).list.length], [false, 0])
    assert.equal(packetsOf(new TextEncoder().encode('no capture at all, but long enough')).ok, false)
  })

  test('no bytes make it throw, hang or grow', () => {
    const valid = validatorOf(kind.schema)
    const next = numbers(20_261_122)
    const began = performance.now()
    for (let round = 0; round < 300; round++) {
      const bytes = file(next(2) === 0 ? 'ethernet.pcap' : 'any.pcap')
      for (let i = next(200); i >= 0; i--) bytes[24 + next(bytes.length - 24)] = next(256)
      const value = { ...recorded(), ...reduced(bytes) }
      assert.ok(valid(value), JSON.stringify(valid.errors))
    }
    for (let round = 0; round < 2000; round++) {
      const bytes = Uint8Array.from({ length: next(200) }, () => next(256))
      for (const link of [1, 101, 113, 276, 7]) packetOf(link, bytes)
      dnsOf(bytes)
      if (bytes.length > 5) bytes.set([22, 3, 1, 0, 0, 1])
      serverNameOf(bytes)
    }
    assert.ok(performance.now() - began < 20_000)
    const reducer = trafficReducer(new Set(['10.0.0.2']))
    for (let i = 0; i < 60_000; i++)
      reducer.take({ source: '10.0.0.2', destination: `10.${i % 200}.0.1`, sourceMac: null, destinationMac: null, protocol: 17, sourcePort: i, destinationPort: i % 50_000, flags: 0, sequence: 0, payload: new Uint8Array(0), isLaterFragment: false }, i, 60) // prettier-ignore
    const { contacts, left } = reducer.result()
    assert.equal(contacts.length, 256)
    assert.ok(left > 0)
  })
})

const recorded = () => structuredClone(fixture('traffic/device-calls-out.json')) as Traffic
/** The recorded capture as if it had been long, and had shown no more than the given contacts. */
const calm = (...contacts: Partial<Contact>[]): Traffic => {
  const value = recorded()
  const [model] = value.contacts
  return {
    ...value,
    names: [],
    askedBy: [],
    until: value.from + 60_000_000,
    contacts: contacts.map((c) => ({ ...(model as Contact), names: [], ownPorts: [40_000], ...c })),
  }
}
const unit = (over: Partial<Statement> = {}) =>
  emptyStatement({
    samples: [{ id: 'a', serial: 'S', arrives: 'in-service', addresses: { ipv4: '10.78.0.10', ipv6: null }, macs: [] }], // prettier-ignore
    contacts: [],
    ...over,
  })
function judged(value: Traffic, statement = unit()) {
  const [judgement] = judgeBy(criterion, { statement, observations: [answered(kind, 'a', value)], kinds: [kind], parameters: { leastSeconds: 30 } }) // prettier-ignore
  assert.ok(judgement)
  for (const { message } of judgement.findings) assert.notEqual(messageText('vi', message, criterion.id), message.code)
  return judgement
}
const WORLD = '198.51.100.7'
const LAB = '10.78.0.1'

describe('undeclared contacts', () => {
  test('silence passes only where nothing was lost and everything could be seen', () => {
    assert.equal(judged(calm()).verdict, 'pass')
    const counters = { captured: 9, received: 9, dropped: 0, droppedByInterface: 0 }
    const lacks: [Partial<Traffic>, string][] = [
      [{ counters: null }, 'traffic.loss-unknown'],
      [{ counters: { ...counters, dropped: 1 } }, 'traffic.packets-lost'],
      [{ counters: { ...counters, droppedByInterface: 2 } }, 'traffic.packets-lost'],
      [{ sees: 'lab' }, 'traffic.sees-lab-only'],
      [{ packets: { device: 0, others: 5, unread: 0 } }, 'traffic.device-unheard'],
      [{ until: calm().from + 29_000_000 }, 'traffic.too-short'],
      [{ left: 1 }, 'list-cut'],
      [{ canaries: [] }, 'traffic.canary-missed-before'],
      [{ canaries: calm().canaries.map((c) => ({ ...c, seen: c.when === 'after' ? 0 : c.sent })) }, 'traffic.canary-missed-after'], // prettier-ignore
    ]
    for (const [over, code] of lacks) {
      const judgement = judged({ ...calm(), ...over })
      assert.equal(judgement.verdict, 'inconclusive', code)
      assert.ok(codes(judgement).includes(code), `${code}: ${codes(judgement).join()}`)
    }
    // A lost packet is no excuse for what was seen.
    const lost = { counters: { ...counters, dropped: 7 } }
    assert.equal(judged({ ...calm({ transport: 'tcp', peer: WORLD, port: 8086 }), ...lost }).verdict, 'fail')
  })

  test('each contact by what the statement says of it', () => {
    const syslog: Partial<Statement> = {
      logging: { channels: [{ id: 'log', protocol: 'syslog-udp', port: 514 }] },
    }
    const udp = { transport: 'udp', peer: LAB, port: 9000 } as const
    const asked = { ...calm(udp), askedBy: [LAB] }
    const service = { id: 'd', transport: 'udp' as const, port: 40_000, protocol: 'other' as const, families: ['ipv4' as const], purpose: 't' } // prettier-ignore
    const media = { clientPorts: [{ transport: 'udp' as const, first: 40_000, last: 40_010, purpose: 'RTP' }] }
    const { contacts: _, ...unstated } = unit()
    const cases: [Traffic, Statement, string, string][] = [
      [calm({ transport: 'tcp', peer: LAB, port: 8086 }), unit(), 'undeclared-contact', 'fail'],
      [calm({ transport: 'ip', peer: WORLD, port: 47 }), unit(), 'undeclared-contact', 'fail'],
      [calm({ transport: 'tcp', peer: WORLD, port: 8086 }), unstated as Statement, 'contacts-not-stated?', 'inconclusive'], // prettier-ignore
      [calm({ transport: 'udp', peer: LAB, port: 514 }), unit(syslog), 'declared-client', 'pass'],
      [calm({ transport: 'udp', peer: WORLD, port: 514 }), unit(syslog), 'client-elsewhere?', 'inconclusive'],
      [calm({ transport: 'tcp', peer: LAB, port: 514 }), unit(syslog), 'undeclared-contact', 'fail'],
      [calm({ transport: 'udp', peer: LAB, port: 53 }), unit(), 'resolver', 'pass'],
      [calm({ transport: 'udp', peer: WORLD, port: 53 }), unit(), 'undeclared-resolver?', 'inconclusive'],
      [calm({ transport: 'tcp', peer: WORLD, port: 80, start: 'unseen' }), unit(), 'start-unseen?', 'inconclusive'],
      [calm({ transport: 'tcp', peer: LAB, port: 80, start: 'unseen' }), unit(), 'watched', 'pass'],
      [asked, unit(media), 'media', 'pass'],
      [calm(udp), unit(media), 'undeclared-contact', 'fail'],
      [asked, unit(), 'maybe-asked?', 'inconclusive'],
      [calm(udp), unit({ services: [service] }), 'service-unasked?', 'inconclusive'],
    ]
    for (const [value, statement, code, verdict] of cases) {
      const judgement = judged(value, statement)
      assert.deepEqual([codes(judgement)[0], judgement.verdict], [code, verdict])
    }
  })

  test('each name by what the statement says of it', () => {
    const contacts: Statement['contacts'] = [
      { id: 'time', transport: 'udp', port: 123, host: 'Time.example.org', purpose: 'clock' },
    ]
    const asking = (name: string) => ({
      ...calm(),
      names: [{ name, resolver: LAB, firstAt: 1, times: 1, addresses: [] }],
    })
    const verdicts = [
      ['time.example.org', 'declared-name'],
      ['time.example.org.lan', 'declared-name'],
      ['time.example.org.lab.example', 'local-name?'],
      ['camera-7', 'local-name?'],
      ['1.0.78.10.in-addr.arpa', 'address-looked-up'],
      ['relay.example.net', 'undeclared-name'],
    ] as const
    for (const [name, code] of verdicts) assert.equal(codes(judged(asking(name), unit({ contacts })))[0], code, name)
    assert.ok(isDeclaredName('*.example.org', 'a.b.example.org') && !isDeclaredName('*.example.org', 'example.org'))
    assert.ok(!isDeclaredName('*.example.org', 'badexample.org'))
  })
})

const SECRET = 'kX7/qwe rt+9Lm2Vb'
const NAME = 'owner-run-a'

/** What is found in segments that the device (or its peer) sends in one conversation. */
function found(pieces: readonly string[], { byDevice = true, protocol = 6, first = '' } = {}) {
  const scanner = clearSecrets(makeRedactor(() => [{ name: NAME, value: SECRET }]))
  const send = (text: string, sequence: number, own: boolean) => {
    const ends = { source: '10.0.0.2', destination: '10.0.0.1', sourcePort: 80, destinationPort: 40_000 }
    const back = { source: '10.0.0.1', destination: '10.0.0.2', sourcePort: 40_000, destinationPort: 80 }
    const payload = new Uint8Array(Buffer.from(text, 'latin1'))
    scanner.take({ ...(own ? ends : back), sourceMac: null, destinationMac: null, protocol, flags: 16, sequence, payload, isLaterFragment: false }, 5, own) // prettier-ignore
  }
  if (first !== '') send(first, 1, !byDevice)
  let sequence = 2 ** 32 - 10
  for (const piece of pieces) {
    send(piece, sequence, byDevice)
    sequence = (sequence + piece.length) % 2 ** 32
  }
  return scanner.result()
}

describe('secrets in clear', () => {
  const basic = Buffer.from(`admin:${SECRET}`).toString('base64')
  const spellings = [SECRET, encodeURIComponent(SECRET), basic, Buffer.from(SECRET).toString('hex')]

  test('are found in every spelling, cut anywhere, and named without being kept', () => {
    for (const spelling of spellings)
      for (let cut = 1; cut < spelling.length; cut += 5) {
        const said = `HTTP/1.1 200 OK\r\nX: ${spelling}\r\n\r\n`
        const result = found([said.slice(0, 20 + cut), said.slice(20 + cut)])
        assert.deepEqual(result.secrets.map((s) => [s.by, s.devicePort, s.peer, s.port, s.times]), [['device', 80, '10.0.0.1', 40_000, 1]], `${spelling} ${cut}`) // prettier-ignore
        assert.ok(NAME.startsWith(result.secrets[0]?.secret ?? '-'))
        assert.ok(!JSON.stringify(result).includes(spelling))
      }
    assert.equal(found([`user=admin&password=${SECRET}`], { protocol: 17 }).secrets.length, 1)
  })

  test('what is encrypted is not looked into, what is sent again counts once', () => {
    assert.deepEqual(found([SECRET], { first: '\x16\x03\x01\x02\x00\x01' }), { conversations: 0, encrypted: 1, bytes: 0, skipped: 0, secrets: [], left: 0 }) // prettier-ignore
    assert.equal(found([SECRET], { first: 'SSH-2.0-client\r\n' }).encrypted, 1)
    assert.deepEqual(found(['nothing here']).secrets, [])
    assert.ok(found(new Array<string>(400).fill('x'.repeat(1000))).skipped > 100_000)
  })

  test('no bytes make the search throw or grow', () => {
    const next = numbers(7)
    const scanner = clearSecrets(makeRedactor(() => [{ name: NAME, value: SECRET }]))
    for (let i = 0; i < 20_000; i++) {
      const payload = Uint8Array.from({ length: next(40) }, () => next(256))
      scanner.take({ source: '10.0.0.2', destination: '10.0.0.1', sourceMac: null, destinationMac: null, protocol: next(2) === 0 ? 6 : 17, sourcePort: next(9000), destinationPort: 1, flags: next(32), sequence: next(2 ** 31), payload, isLaterFragment: false }, i, next(2) === 0) // prettier-ignore
    }
    assert.deepEqual(scanner.result().secrets, [])
  })

  const judgedOn = (secrets: Traffic['clear']['secrets'], over: Partial<Traffic> = {}, at = 5) => {
    const account = { id: 'owner', user: 'admin', password: { env: 'X' }, role: 'administrator' as const }
    const value = { ...calm(), ...over }
    const event = { what: 'accepted', at: value.from + at }
    const observations = [
      answered(kind, 'a', { ...value, clear: { ...value.clear, secrets } }),
      answered(eventLog, 'a', { events: [event] } as EventLog),
    ]
    const statement = unit({ accounts: [account] })
    const [judgement] = judgeBy(onTheWire, { statement, observations, kinds: [kind, eventLog] })
    assert.ok(judgement)
    for (const { message } of judgement.findings)
      assert.notEqual(messageText('vi', message, onTheWire.id), message.code)
    return [codes(judgement)[0], judgement.verdict]
  }

  test('are judged by who sent them, whose they are and how long they are', () => {
    const [secret] = found([SECRET]).secrets
    assert.ok(secret)
    const sent = { ...secret, secret: 'owner-run-a' }
    assert.deepEqual(judgedOn([]), ['password-used', 'pass'])
    assert.deepEqual(judgedOn([sent]), ['secret-sent', 'fail'])
    assert.deepEqual(judgedOn([{ ...sent, by: 'peer' }]), ['password-used', 'pass'])
    assert.deepEqual(judgedOn([{ ...sent, by: 'peer' }, sent]), ['secret-repeated?', 'inconclusive'])
    assert.deepEqual(judgedOn([{ ...sent, secret: 'owner' }]), ['maybe-by-chance?', 'inconclusive'])
    assert.deepEqual(judgedOn([{ ...sent, length: 7 }]), ['maybe-by-chance?', 'inconclusive'])
    assert.deepEqual(judgedOn([], { sees: 'lab' }), ['traffic.sees-lab-only', 'inconclusive'])
    assert.deepEqual(judgedOn([sent], { counters: null }), ['secret-sent', 'fail'])
    assert.deepEqual(judgedOn([], {}, 600_000_000), ['no-password-used', 'inconclusive'])
  })
})

describe('watching', () => {
  const sample = unit().samples[0]
  assert.ok(sample)

  test('the filter names the device and leaves out what a sweep consists of', () => {
    const place = capturePlace(
      { ...sample, addresses: { ipv4: '127.77.0.10', ipv6: null } },
      () => ['127.77.0.1'],
      undefined,
    )
    assert.deepEqual([place?.link, place?.device], ['loopback', ['127.77.0.10']])
    assert.match(place?.filter ?? '', /^\(host 127\.77\.0\.10 or .*dst host 127\.77\.0\.10 and tcp\[13\] & 0x12 = 2/)
    assert.equal(
      capturePlace(sample, () => [], undefined),
      null,
    )
  })

  test('a watch that begins in a state half done is told so, and is let go of at the end', async () => {
    const told: number[] = []
    let stopped = 0
    const watch = { end: () => Promise.reject(new Error('not here')), stop: () => void stopped++ }
    const step = { kind, subject: 'a', state: 'in-service', probe: { watch: (_b: unknown, _s: string, before: number) => { told.push(before); return Promise.resolve(watch) } } } // prettier-ignore
    const made = answered(
      { id: 'k', version: '1.0.0', per: 'unit', schema: kind.schema, dependsOn: [], expected: () => [] },
      'a/ipv4',
      1,
    )
    const lab = {
      observations: new Map(
        [made, { ...made, subject: 'b/ipv4' }, { ...made, state: 'spent' }].map((o, i) => [`${i}`, o]),
      ),
      schedule: { pending: () => [step] },
      signal: new AbortController().signal,
      watches: new Map(),
    } as unknown as LabRun
    const end = await beginWatches(lab, {} as RunBench, sample, 'in-service')
    assert.deepEqual([told, lab.watches.size], [[1], 1])
    end()
    assert.deepEqual([stopped, lab.watches.size], [1, 0])
  })
})
