import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer as createTlsServer } from 'node:tls'
import { probe } from '../lab/probes/traffic.ts'
import { startCapture } from '../lab/services/capture.ts'
import { criterion } from '../suites/exposed-ports/no-undeclared-contacts.ts'
import { kind, type Traffic } from '../suites/observations/traffic.ts'
import type { Statement } from '../suites/statement.ts'
import { misfits } from './support/authentication.ts'
import { emptyStatement, testBench, type TestBench } from './support/bench.ts'
import { answered, codes, judgeBy } from './support/judging.ts'
import { DEVICE, LAB, linkedDevice, MAC, WORLD, type LinkedDevice } from './support/linked-device.ts'
import { inPrivateNetwork } from './support/private-network.ts'

/** Captures by tcpdump of a device that is a network namespace of its own, with the lab as its gateway. */
const statementOf = (over: Partial<Statement> = {}): Statement =>
  emptyStatement({
    samples: [{ id: 'a', serial: 'S1', arrives: 'in-service', addresses: { ipv4: DEVICE, ipv6: null }, macs: [MAC] }],
    services: [{ id: 'web', transport: 'tcp', port: 8080, protocol: 'http', families: ['ipv4'], purpose: 'test' }],
    contacts: [],
    ...over,
  })

const benchFor = (statement: Statement): TestBench =>
  testBench(statement, {
    sources: (family) => (family === 'ipv4' ? [LAB] : []),
    capture: { sees: 'device' },
    // The least time of a watch is not what is tested here.
    wait: () => Promise.resolve(true),
  })

async function watched(statement: Statement, meanwhile: () => Promise<void>): Promise<Traffic> {
  const bench = benchFor(statement)
  const watch = await probe.watch?.(bench, 'a', 0)
  assert.ok(watch)
  try {
    await meanwhile()
    const seen = await watch.end(bench)
    assert.ok(seen.answered, JSON.stringify(seen))
    assert.deepEqual(misfits(kind, seen), [])
    return seen.value
  } finally {
    watch.stop()
  }
}

const judged = (statement: Statement, value: Traffic) => {
  const [judgement] = judgeBy(criterion, {
    statement,
    observations: [answered(kind, 'a', value)],
    kinds: [kind],
    parameters: { leastSeconds: 30 },
  })
  assert.ok(judgement)
  return judgement
}
/** As if it had been watched for long enough. */
const long = (value: Traffic): Traffic => ({ ...value, until: value.from + 60_000_000 })

async function listen(t: TestContext, server: Server, port: number, address: string): Promise<void> {
  server.listen(port, address)
  await once(server, 'listening')
  t.after(() => server.close())
}

/** A web server on the device. */
async function serving(device: LinkedDevice): Promise<void> {
  const code = `require('http').createServer((q, a) => a.end('hello')).listen(8080, '${DEVICE}', () => console.log('up'))`
  const server = device.start(process.execPath, '-e', code)
  await once(server.stdout as NodeJS.ReadableStream, 'data')
}

const reach = async (port: number): Promise<boolean> => {
  const socket = connect({ host: DEVICE, port, localAddress: LAB })
  const ok = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return ok
}

inPrivateNetwork(import.meta.url, 1, 60, () => {
  test('what a device answers is no contact, and a sweep of its ports is not captured', async (t) => {
    const device = await linkedDevice(t)
    await serving(device)
    const value = await watched(statementOf(), async () => {
      for (let port = 1; port <= 3000; port++) await reach(port)
      assert.ok(await reach(8080))
      assert.equal(execFileSync('curl', ['-s', `http://${DEVICE}:8080/`], { encoding: 'utf8' }), 'hello')
    })
    assert.deepEqual(value.contacts, [])
    assert.ok(value.packets.device + value.packets.others < 100, JSON.stringify(value.packets))
    assert.equal(value.counters?.dropped, 0)
    assert.deepEqual([value.interface, value.link, value.before], ['cable', 'network', 0])
    const judgement = judged(statementOf(), long(value))
    assert.equal(judgement.verdict, 'pass', JSON.stringify(judgement.findings))
    assert.deepEqual(codes(judged(statementOf(), value)).slice(0, 1), ['traffic.too-short'])
  })

  test('what a device begins is kept with peer, port and names', async (t) => {
    const device = await linkedDevice(t)
    const directory = mkdtempSync(join(tmpdir(), 'traffic-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', certificate, '-subj', '/CN=x', '-days', '2'], { stdio: 'ignore' }) // prettier-ignore
    const cloud = createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (s) => s.end())
    await listen(t, cloud, 443, WORLD[0])
    const resolver = createSocket('udp4')
    t.after(() => resolver.close())
    resolver.on('message', (bytes, from) => {
      const questionOnly = bytes.subarray(0, bytes.indexOf(0, 12) + 5)
      const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...WORLD[0].split('.').map(Number)]
      const answer = Buffer.concat([questionOnly, Buffer.from(record)])
      answer.set([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], 2)
      resolver.send(answer, from.port, from.address)
    })
    resolver.bind(53, LAB)
    await once(resolver, 'listening')
    const ask = `const r = new (require('dns').Resolver)(); r.setServers(['${LAB}']); r.resolve4('relay.example.com', () => process.exit())`
    const datagram = `const s = require('dgram').createSocket('udp4'); s.send('here', 32100, '${WORLD[1]}', () => s.close())`
    const value = await watched(statementOf(), async () => {
      await device.run(process.execPath, '-e', ask)
      await device.run('curl', '-sk', '--resolve', `relay.example.com:443:${WORLD[0]}`, 'https://relay.example.com/')
      await device.run(process.execPath, '-e', datagram)
      await device.run('curl', '-s', '-m', '2', `http://${WORLD[1]}:8086/`)
    })
    const shown = value.contacts.map((c) => [c.transport, c.peer, c.port, c.start, c.names.join()].join(' ')).sort()
    assert.deepEqual(shown, [
      `tcp ${WORLD[1]} 8086 device `,
      `tcp ${WORLD[0]} 443 device relay.example.com`,
      `udp ${LAB} 53 device `,
      `udp ${WORLD[1]} 32100 device `,
    ])
    assert.deepEqual(
      value.names.map((n) => [n.name, n.resolver, n.addresses]),
      [['relay.example.com', LAB, [WORLD[0]]]],
    )
    const none = judged(statementOf(), long(value))
    assert.equal(none.verdict, 'fail')
    assert.deepEqual(
      codes(none).filter((c) => c.startsWith('undeclared')),
      ['undeclared-contact', 'undeclared-contact', 'undeclared-contact', 'undeclared-name'],
    )
    const contacts: Statement['contacts'] = [
      { id: 'cloud', transport: 'tcp', port: 443, host: '*.example.com', purpose: 'test' },
      { id: 'relay', transport: 'udp', port: 32100, purpose: 'test' },
      { id: 'metrics', transport: 'tcp', port: 8086, host: WORLD[1], purpose: 'test' },
    ]
    const all = judged(statementOf({ contacts }), long(value))
    assert.equal(all.verdict, 'pass', JSON.stringify(all.findings))
    const { contacts: _, ...unstated } = statementOf()
    assert.equal(judged(unstated, long(value)).verdict, 'inconclusive')
    if (process.env.CAMSEAL_RECORD) writeFileSync(process.env.CAMSEAL_RECORD, `${JSON.stringify(value, null, 2)}\n`)
  })

  test('where nothing can be captured, the lab is to blame and says how to mend it', async (t) => {
    const seen = await probe.run(testBench(statementOf(), { sources: () => [LAB] }), 'a')
    assert.ok(!seen.answered)
    assert.deepEqual([seen.cause, seen.why.code], ['lab', 'traffic.no-interface'])
    const started = await startCapture({ interface: 'lo', filter: 'no such filter', take: () => undefined })
    assert.ok('fault' in started)
    assert.match(started.fault, /syntax error/)
    const missing = await startCapture({ interface: 'nowhere', filter: '', take: () => undefined })
    assert.ok('fault' in missing)
    assert.match(missing.fault, /No such device/)
    await linkedDevice(t)
    const bench = benchFor(statementOf())
    const watch = await probe.watch?.(bench, 'a', 3)
    watch?.stop()
    await sleep(200)
    const cut = await watch?.end(bench)
    assert.ok(cut && !cut.answered)
    assert.deepEqual([cut.cause, cut.why.code], ['lab', 'traffic.died'])
  })
})
