import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { answerSnmp, answerSsdp } from '../lab/cameras/udp-backdoors.ts'
import { payloadOf, reverseName } from '../lab/instruments/udp-payloads.ts'
import { askUdp, type UdpQuestion } from '../lab/instruments/udp.ts'
import { probe } from '../lab/probes/udp-services.ts'
import { makeRedactor } from '../lab/redact.ts'
import { validatorOf } from '../profiles/validator.ts'
import { criterion } from '../suites/exposed-ports/undeclared-udp-services.ts'
import { isAnswerTo } from '../suites/facts/udp-answer.ts'
import { udpRows } from '../suites/facts/udp-catalogue.ts'
import { kind, type UdpServices } from '../suites/observations/udp-services.ts'
import type { Statement } from '../suites/statement.ts'
import { emptyStatement, testBench } from './support/bench.ts'
import { answered, catalogueFile, codes, judgeBy } from './support/judging.ts'
import { inPrivateNetwork } from './support/private-network.ts'

/** The UDP probe against real servers: what answers, refuses, keeps silent, answers from elsewhere, and dies. */
const catalogue = catalogueFile('udp-services').data
const valid = validatorOf(kind.schema)
const text = (base64: string) => Buffer.from(base64, 'base64').toString('latin1')

const statementAt = (ipv4: string | null, ipv6: string | null, over: Partial<Statement> = {}) =>
  emptyStatement({
    samples: [{ id: 'a', serial: 'S-12345', arrives: 'in-service', addresses: { ipv4, ipv6 }, macs: [] }],
    services: [
      { id: 'web', transport: 'tcp', port: 8080, protocol: 'http', families: ['ipv4', 'ipv6'], purpose: 'test' },
    ],
    ...over,
  })

async function observed(statement: Statement, subject: string, over: Parameters<typeof testBench>[1] = {}) {
  const bench = testBench(statement, {
    catalogue: (name) => (name === 'udp-services' ? catalogue : null),
    sources: (family) => [family === 'ipv4' ? '127.91.8.1' : '::1'],
    ...over,
  })
  const started = performance.now()
  const seen = await probe.run(bench, subject)
  assert.ok(seen.answered, JSON.stringify(seen))
  assert.ok(valid(seen.value), JSON.stringify(valid.errors))
  return { value: seen.value, seconds: (performance.now() - started) / 1000, bench }
}

const judged = (statement: Statement, subject: string, value: UdpServices) =>
  judgeBy(criterion, { statement, observations: [answered(kind, subject, value)], kinds: [kind] }).find(
    (j) => j.subject === subject && j.state === 'in-service',
  )

const rowOf = ({ rows }: UdpServices, id: string) => {
  const row = rows.find((r) => r.id === id)
  assert.ok(row, id)
  return row
}
const outcomes = (value: UdpServices, id: string): string =>
  rowOf(value, id)
    .asks.map((a) => a.outcome)
    .join()

/** A UDP server for the time of a test. */
async function serve(t: TestContext, address: string, port: number, answer: (b: Buffer) => Buffer | null) {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  let closed = false
  const close = () => {
    if (!closed) socket.close()
    closed = true
  }
  socket.on('message', (bytes, from) => {
    const reply = answer(bytes)
    if (reply && !closed) socket.send(reply, from.port, from.address)
  })
  socket.bind({ address, port })
  await once(socket, 'listening')
  t.after(close)
  return { close }
}

async function tcpAt(t: TestContext, host: string): Promise<Server> {
  const server = createServer((s) => s.on('error', () => s.destroy()))
  server.listen({ host, port: 8080 })
  await once(server, 'listening')
  t.after(() => server.close())
  return server
}

const inetd = ['/usr/sbin/inetutils-inetd'].find((path) => existsSync(path)) ?? null

test('an address has the name that stands for it', () => {
  assert.equal(reverseName('10.77.0.12'), '12.0.77.10.in-addr.arpa')
  assert.equal(reverseName('fd77::12'), `2.1.${'0.'.repeat(26)}7.7.d.f.ip6.arpa`)
  assert.equal(reverseName('fe80::1%eth0').length, 72)
})

test('every question of the catalogue has its bytes, and none is taken for its own answer', () => {
  const rows = udpRows(catalogue)
  assert.ok(rows.length >= 30, String(rows.length))
  assert.equal(new Set(rows.map((r) => r.id)).size, rows.length)
  const alike = new Set<string>()
  for (const { payload, port } of rows) {
    const to = { family: 'ipv4', address: '192.0.2.9', source: '192.0.2.1', port, tls: false } as const
    const bytes = payloadOf(payload, to)
    assert.ok(bytes && bytes.length > 0 && bytes.length <= 1200, payload)
    if (isAnswerTo(payload, bytes)) alike.add(payload)
  }
  // Questions and answers of these begin alike; they are asked at the device's own address only.
  assert.deepEqual(
    [...alike].sort(),
    ['dahua-dhip', 'echo', 'foscam-search', 'kasa-sysinfo', 'tapo-discovery', 'ubiquiti-discovery', 'vstarcam-search', 'xiongmai-search'], // prettier-ignore
  )
})

inPrivateNetwork(import.meta.url, 4, 120, () => {
  test('servers that answer, keep silent, answer from another port, and closed ports', async (t) => {
    const device = '127.91.8.2'
    await tcpAt(t, device)
    await serve(t, device, 161, answerSnmp('camera of the word hunter2-and-more'))
    await serve(t, device, 1900, answerSsdp(device))
    await serve(t, device, 5060, () => null)
    const folder = mkdtempSync(join(tmpdir(), 'camseal-tftp-'))
    const tftp = spawn('busybox', ['udpsvd', '-E', device, '69', 'busybox', 'tftpd', '-r', folder], { stdio: 'ignore' })
    t.after(() => {
      tftp.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    })
    const hasTftp = spawnSync('busybox', ['udpsvd'], { encoding: 'utf8' }).stderr.includes('Usage')
    await pause(300)
    const statement = statementAt(device, null)
    const redact = makeRedactor(() => [{ name: 'word', value: 'hunter2-and-more' }])
    const { value, seconds, bench } = await observed(statement, 'a/ipv4', { redact })

    assert.equal(outcomes(value, 'snmp-v2c-public'), 'answered,answered')
    assert.equal(outcomes(value, 'snmp-v2c-private'), 'silent,silent', 'a wrong community is silence')
    assert.equal(outcomes(value, 'snmp-v3'), 'silent,silent')
    assert.equal(outcomes(value, 'ssdp'), 'answered,answered')
    assert.equal(outcomes(value, 'sip'), 'silent,silent')
    assert.equal(outcomes(value, 'coap'), 'refused')
    const told = rowOf(value, 'snmp-v2c-public').asks[0]?.replies[0]
    assert.ok(told && isAnswerTo('snmp-v2c-public', Buffer.from(told.bytes, 'base64')))
    assert.ok(!text(told.bytes).includes('hunter2') && text(told.bytes).includes('camera of the word'))
    if (hasTftp) {
      const [first] = rowOf(value, 'tftp').asks
      assert.equal(outcomes(value, 'tftp'), 'answered,answered')
      assert.ok(first?.replies[0] && first.replies[0].port !== 69, 'TFTP answers from a port of its own')
    }
    assert.equal(value.link, 'loopback')
    assert.ok(
      value.rows.every((r) => r.to === device),
      'no multicast on loopback',
    )
    assert.equal(value.control.before.outcome, 'refused')
    assert.equal(value.control.after.outcome, 'refused')
    assert.deepEqual(value.liveness.map((l) => l.alive), [true, true, true, true, true]) // prettier-ignore
    assert.equal(bench.open(), 0)
    assert.ok(seconds < 9, `${seconds} s`)

    const verdict = judged(statement, 'a/ipv4', value)
    assert.equal(verdict?.verdict, 'fail')
    const ports = verdict.findings.filter((f) => f.is === 'violation').map((f) => f.message.values['port'])
    assert.deepEqual(ports, hasTftp ? [69, 161, 1900] : [161, 1900])
    const declared = statementAt(device, null, {
      services: [69, 161, 1900].map((port) => ({
        id: `s${port}`,
        transport: 'udp',
        port,
        protocol: 'other',
        families: ['ipv4'],
        purpose: 'x', // prettier-ignore
      })),
    })
    assert.equal(judged(declared, 'a/ipv4', value)?.verdict, 'pass')
  })

  test('IPv6, nothing open: pass, with every port seen closed', async (t) => {
    await tcpAt(t, 'fd00:77::2')
    const statement = statementAt(null, 'fd00:77::2')
    const { value, seconds } = await observed(statement, 'a/ipv6')
    const once = value.rows.filter((r) => r.id !== 'tftp')
    assert.ok(once.every((r) => r.asks.length === 1 && r.asks[0]?.outcome === 'refused'))
    assert.equal(outcomes(value, 'tftp'), 'silent,refused', 'its first socket hears all ports, and no ICMP')
    assert.ok(value.rows.length >= 28 && seconds < 6, `${value.rows.length} in ${seconds} s`)
    assert.equal(judged(statement, 'a/ipv6', value)?.verdict, 'pass')
  })

  test('a datagram that ends the device is told', async (t) => {
    const device = '127.91.8.3'
    const web = await tcpAt(t, device)
    const victim = await serve(t, device, 37020, () => {
      web.close()
      setTimeout(() => victim.close(), 30)
      return Buffer.from('<?xml version="1.0"?><ProbeMatch><DeviceSN>1</DeviceSN></ProbeMatch>')
    })
    const statement = statementAt(device, null)
    const { value } = await observed(statement, 'a/ipv4')
    assert.deepEqual(value.liveness.map((l) => [l.after, l.alive]), [['discovery', true], ['management', true], ['media', true], ['maker', false], ['small', false]]) // prettier-ignore
    assert.equal(outcomes(value, 'hikvision-sadp'), 'answered,refused')
    const verdict = judged(statement, 'a/ipv4', value)
    assert.equal(verdict?.verdict, 'inconclusive')
    assert.deepEqual(codes(verdict), ['undeclared-once?', 'device-died?', 'service-died?', 'asked', 'no-link'])
  })

  test('the lab does not talk to itself, and answers of others do not count', async (t) => {
    const device = '127.91.8.2'
    const bench = testBench(statementAt(device, null))
    const question = (over: Partial<UdpQuestion>): UdpQuestion => ({
      family: 'ipv4',
      device,
      source: '127.91.8.1',
      to: device,
      port: 40123,
      bytes: Buffer.from('x'),
      connected: true,
      ...over, // prettier-ignore
    })
    await serve(t, '127.91.8.4', 40123, () => Buffer.from('not the device'))
    const other = await askUdp(bench, question({ to: '127.91.8.4', connected: false }), 300)
    assert.equal(other.outcome, 'silent')
    assert.equal((await askUdp(bench, question({}), 300)).outcome, 'refused')
    assert.equal((await askUdp(bench, question({ source: '192.0.2.77' }), 300)).code, 'EADDRNOTAVAIL')
    const flood = await serve(t, device, 40124, (b) => b)
    const echo = await askUdp(bench, question({ port: 40124, bytes: Buffer.alloc(6000, 65) }), 500)
    assert.equal(Buffer.from(echo.replies[0]?.bytes ?? '', 'base64').length, 4096)
    flood.close()
  })

  test('the small services of inetd, as they answer', { skip: inetd === null && 'needs inetd' }, async (t) => {
    // It answers from the first address of the loopback.
    const device = '127.0.0.1'
    await tcpAt(t, device)
    const folder = mkdtempSync(join(tmpdir(), 'camseal-inetd-'))
    const names = ['echo', 'daytime', 'chargen', 'time']
    writeFileSync(join(folder, 'conf'), names.map((n) => `${n} dgram udp wait root internal\n`).join(''))
    const server = spawn(inetd ?? '', ['-d', join(folder, 'conf')], { stdio: 'ignore' })
    t.after(() => {
      server.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    })
    await pause(500)
    const statement = statementAt(device, null)
    const { value } = await observed(statement, 'a/ipv4')
    for (const name of names) {
      assert.equal(outcomes(value, name), 'answered,answered', name)
      const [reply] = rowOf(value, name).asks.flatMap((a) => a.replies)
      assert.ok(reply && isAnswerTo(name, Buffer.from(reply.bytes, 'base64')), `${name} ${reply?.bytes}`)
    }
    const violations = judged(statement, 'a/ipv4', value)?.findings.filter((f) => f.is === 'violation')
    assert.deepEqual(violations?.map((f) => f.message.values['port']), [7, 13, 19, 37]) // prettier-ignore
  })

  test('a run that is cancelled ends at once', async () => {
    const bench = testBench(statementAt('127.91.8.2', null), { catalogue: () => catalogue })
    setTimeout(() => bench.abort(), 200)
    const started = performance.now()
    const seen = await probe.run(bench, 'a/ipv4')
    assert.ok(!seen.answered && seen.why.code === 'udp-services.cancelled')
    assert.ok(performance.now() - started < 2500)
  })
})
