import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { askPort } from '../lab/probes/services.ts'
import { bilingual } from '../reports/locales/index.ts'
import { criterion as noInsecure } from '../suites/exposed-ports/no-insecure-services.ts'
import { insecureService } from '../suites/facts/insecure-services.ts'
import { ownService } from '../suites/facts/own-services.ts'
import { isDaytime } from '../suites/facts/small-services.ts'
import { kind as services, type ServiceSeen } from '../suites/observations/services.ts'
import { kind as udpServices } from '../suites/observations/udp-services.ts'
import { checkValue } from '../profiles/yaml-file.ts'
import { emptyStatement, testBench } from './support/bench.ts'
import { answered, judgeBy } from './support/judging.ts'
import { inPrivateNetwork } from './support/private-network.ts'

/** Services that answer in their own protocol only: what real ones said, judged, and servers that are asked. */
const b64 = (text: string) => Buffer.from(text, 'latin1').toString('base64')
const silent = (port: number, over: Partial<ServiceSeen> = {}): ServiceSeen => ({
  port,
  asked: ['greeting', 'tls', 'http', 'rtsp', 'mqtt', 'sum'],
  greeting: '',
  tlsAnswer: '',
  tls: false,
  httpAnswer: '',
  rtspAnswer: '',
  mqttAnswer: '',
  ...over, // prettier-ignore
})
type Question = NonNullable<ServiceSeen['own']>[number]['question']
const own = (question: Question, answer: string, greeting = ''): ServiceSeen =>
  silent(4000, { greeting: b64(greeting), own: [{ question, answer: b64(answer) }] })
const latin = (hex: string) => Buffer.from(hex, 'hex').toString('latin1')
const HTTP = 'GET / HTTP/1.1\r\nHost: 192.0.2.9:4000\r\nConnection: close\r\n\r\n'
const RTSP = 'OPTIONS rtsp://192.0.2.9:4000/ RTSP/1.0\r\nCSeq: 1\r\n\r\n'
const CHARGEN = `${[...Array(72).keys()].map((i) => String.fromCharCode(0x20 + i)).join('')}\r\n`
const INSPECTOR =
  'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\n  "Browser": "node.js/v20.19.2",\n  "Protocol-Version": "1.1"\n}'

/** From inetutils 2.4, rpcbind 1.2.6, memcached 1.6, Redis 7.0, TigerVNC 1.12, x11vnc, gdbserver 13, OpenJDK 17, Node 20; adb and Modbus by their descriptions. */
const SAID: [row: ServiceSeen, service: string | null, code: string][] = [
  [own('rfb', '\x01\x01', 'RFB 003.008\n'), 'vnc', 'vnc'],
  [own('rfb', '\x01\x02', 'RFB 003.008\n'), 'vnc', 'vnc-weak'],
  [own('rfb', '\x02\x13\x02', 'RFB 003.008\n'), 'vnc', 'unexamined'],
  [own('rfb', '\x02\x02\x01', 'RFB 003.889\n'), 'vnc', 'vnc'],
  [own('rfb', '\x00\x00\x00\x01', 'RFB 003.003\n'), 'vnc', 'vnc'],
  [own('rfb', '\x00\x00\x00\x02', 'RFB 003.003\n'), 'vnc', 'vnc-weak'],
  [own('rfb', '\x00\x00\x00\x00\x00\x00\x00\x08Too many', 'RFB 003.003\n'), 'vnc', 'unexamined'],
  [own('rfb', '\x00\x00\x00\x00\x1aToo many security failures', 'RFB 003.008\n'), 'vnc', 'unexamined'],
  [own('rfb', '\x05\x01', 'RFB 003.008\n'), 'vnc', 'unexamined'],
  [own('rfb', '', 'RFB 003.008\n'), 'vnc', 'unexamined'],
  [own('redis', '+PONG\r\n'), 'redis', 'redis'],
  [own('redis', '-NOAUTH Authentication required.\r\n'), 'redis', 'unexamined'],
  [silent(4000, { greeting: b64('-DENIED Redis is running in protected mode because') }), 'redis', 'unexamined'],
  [own('redis', '-bad\r\n'), null, 'unrecognised'],
  [own('memcached', 'VERSION 1.6.18\r\n'), 'memcached', 'memcached'],
  [own('memcached', 'ERROR\r\n'), null, 'unrecognised'],
  [own('rpcbind', latin('80000018c5a1b1c20000000100000000000000000000000000000000')), 'rpcbind', 'noted'],
  [own('rpcbind', latin('80000018c5a1b1c30000000100000000000000000000000000000000')), null, 'unrecognised'],
  [own('x11', latin('01000b00000055098ea5b800')), 'x11', 'x11'],
  [own('x11', '\x00\x16\x0b\x00\x00\x00\x06\x00No protocol specified\n\x00\x00'), 'x11', 'unexamined'],
  [own('gdb', '+$PacketSize=47ff;QPassSignals+;QProgramSignals+#41'), 'gdbserver', 'debugger'],
  [own('gdb', '+$#00'), 'gdbserver', 'debugger'],
  [own('gdb', '$ '), null, 'unrecognised'],
  [own('jdwp', 'JDWP-Handshake\x00\x00\x00\x1d\x00\x00\x00\x00\x00@d\x02'), 'jdwp', 'debugger'],
  [own('adb', latin('434e584e000000010010000007000000320200' + '00bcb1a7b1') + 'device::'), 'adb', 'debugger'],
  [own('adb', latin('415554480100000000000000140000000000' + '0000beaaabb7') + 'x'.repeat(20)), 'adb', 'unexamined'],
  [own('adb', latin('434e584e00000001001000000700000032020000') + 'bad!'), null, 'unrecognised'],
  [own('modbus', latin('c5a90000000301ab01')), 'modbus', 'modbus'],
  [own('modbus', latin('c5a90000000301ab0100')), null, 'unrecognised'],
  [silent(4000, { httpAnswer: b64('HTTP/1.0 400 Bad Request\r\n\r\n'), own: [{ question: 'inspector', answer: b64(INSPECTOR) }] }), 'inspector', 'debugger'], // prettier-ignore
  [silent(4000, { httpAnswer: b64('HTTP/1.0 400 Bad Request\r\n\r\n'), own: [{ question: 'inspector', answer: b64('HTTP/1.0 404 No\r\n\r\n') }] }), null, 'speaks'], // prettier-ignore
  [silent(4000, { greeting: b64(CHARGEN) }), 'chargen', 'small-service'],
  [silent(4000, { greeting: b64('Sun Nov 22 21:36:29 2026\r\n') }), 'daytime', 'small-service'],
  [silent(4000, { greeting: b64('220 cam ESMTP Sun, 22 Nov 2026 21:36:29 +0700\r\n') }), null, 'unrecognised'],
  [silent(37, { greeting: b64('\xee\xad\xde\xdd\x00\x00\x00\x00') }), 'time', 'small-service'],
  [silent(4000, { greeting: b64('\xee\xad\xde\xdd') }), null, 'unrecognised'],
  [silent(17, { greeting: b64('Whoever asks is told.\r\n') }), 'qotd', 'small-service'],
  [silent(17, { greeting: b64('root@camera:/# ') }), 'qotd', 'shell'],
  [silent(4000, { httpAnswer: b64(HTTP), rtspAnswer: b64(RTSP) }), 'echo', 'small-service'],
  [silent(4000, { httpAnswer: b64(HTTP), rtspAnswer: b64(`${RTSP}sh: OPTIONS: not found`) }), null, 'unrecognised'],
  [silent(4000, { httpAnswer: b64(HTTP), rtspAnswer: b64(RTSP), sum: { factors: [401, 503], answer: b64('201703\n') } }), 'echo', 'shell'], // prettier-ignore
  [silent(4000, { tls: true, own: [{ question: 'redis', answer: b64('+PONG\r\n') }] }), null, 'within-tls'],
  [silent(9), null, 'quiet'],
]

const statement = emptyStatement({
  samples: [{ id: 'a', serial: 'S-1', arrives: 'in-service', addresses: { ipv4: '192.0.2.9', ipv6: null }, macs: [] }],
})

test('what real services said is told by name, and what asks for a log-in is not accused', () => {
  for (const [row, service, code] of SAID) {
    const value = { address: '192.0.2.9', family: 'ipv4' as const, sourceAddress: '192.0.2.1', services: [row], unasked: [] } // prettier-ignore
    const what = `${service} ${JSON.stringify(row)}`
    assert.ok(checkValue(services.schema, value).ok, what)
    assert.equal(ownService(row)?.service ?? null, service, what)
    const judgement =
      judgeBy(noInsecure, { statement, observations: [answered(services, 'a/ipv4', value)], kinds: [services, udpServices] }) // prettier-ignore
        .find((j) => j.state === 'in-service' && j.subject === 'a/ipv4')
    const [finding] = judgement?.findings ?? []
    assert.equal(finding?.message.code, code, what)
    // The UDP side was not observed, so that nothing passes here.
    const isOpen = ['unexamined', 'unrecognised', 'noted', 'speaks', 'within-tls', 'quiet'].includes(code)
    assert.equal(judgement?.verdict, isOpen ? 'inconclusive' : 'fail', what)
    assert.ok(bilingual(`criteria/${noInsecure.id}`, `messages.${code}`), code)
  }
})

test('a date is one, and a line that holds one is not', () => {
  const dates = ['Sunday, November 22, 2026 21:36:29-ICT\r\n', '22 NOV 2026 21:36:29 UTC', '2026-11-22 21:36:29 +0700\n', '9:36:29 PM 11/22/2026\n'] // prettier-ignore
  for (const text of dates) assert.ok(isDaytime(Buffer.from(text)), text)
  for (const text of ['camera ready 2026-11-22 21:36:29\r\n', '21:36:29', 'Sun Nov 22 21:36:29 2026\r\nlogin: ', ''])
    assert.ok(!isDaytime(Buffer.from(text)), text)
})

test('hostile bytes make no recogniser throw or hang', () => {
  let state = 20261122
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >>> 8) % below
  }
  const started = performance.now()
  for (let i = 0; i < 4000; i++) {
    const [row] = SAID[i % SAID.length] ?? []
    assert.ok(row)
    const broken = (text: string): string => {
      const bytes = Buffer.concat([Buffer.from(text, 'base64'), Buffer.alloc(random(20))])
      for (let k = 0; k < 4 && bytes.length > 0; k++) bytes[random(bytes.length)] = random(256)
      return bytes.subarray(0, random(bytes.length + 1)).toString('base64')
    }
    const changed = { ...row, greeting: broken(row.greeting), httpAnswer: broken(row.httpAnswer), own: (row.own ?? []).map((o) => ({ ...o, answer: broken(o.answer) })) } // prettier-ignore
    insecureService(changed)
    ownService(changed)
  }
  for (const long of ['+'.repeat(2048), '$' + 'PacketSize='.repeat(180), '\xff'.repeat(2048), '1 '.repeat(1000)])
    for (const question of ['gdb', 'rfb', 'x11', 'modbus', 'jdwp'] as const)
      insecureService(own(question, long, question === 'rfb' ? 'RFB 003.008\n' : long))
  assert.ok(performance.now() - started < 5000)
})

const HOST = '127.0.0.1'
const inetd = ['/usr/sbin/inetutils-inetd'].find((path) => existsSync(path)) ?? null

inPrivateNetwork(import.meta.url, 4, 60, () => {
  describe('servers that are asked', { concurrency: 3 }, serversAsked)
})

function serversAsked(): void {
  const seenAt = (port: number) => {
    const bench = testBench(undefined, { sources: () => [HOST] })
    return askPort(bench, { family: 'ipv4', address: HOST, port, tls: false }, null)
  }
  /** A server that answers one question, after nothing else. */
  async function serve(t: TestContext, port: number, answer: (question: string) => string | null, greeting = '') {
    const server = createServer((socket: Socket) => {
      socket.on('error', () => undefined)
      if (greeting !== '') socket.write(greeting)
      socket.on('data', (bytes) => {
        const reply = answer(bytes.toString('latin1'))
        if (reply === null) socket.destroy()
        else socket.write(Buffer.from(reply, 'latin1'))
      })
    })
    server.listen(port, HOST)
    await once(server, 'listening')
    t.after(() => server.close())
  }

  test('the small services of inetd', { skip: inetd === null && 'needs inetd' }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'camseal-inetd-'))
    const names = ['echo', 'daytime', 'chargen', 'time']
    writeFileSync(join(folder, 'conf'), names.map((n) => `${n} stream tcp nowait root internal\n`).join(''))
    const server = spawn(inetd ?? '', ['-d', join(folder, 'conf')], { stdio: 'ignore' })
    t.after(() => {
      server.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    })
    await pause(500)
    const found = await Promise.all([7, 13, 19, 37].map((port) => seenAt(port)))
    assert.deepEqual(found.map((row) => ownService(row)?.service), names) // prettier-ignore
    assert.ok(found.every((row) => insecureService(row) === 'small-service'))
  })

  test('a Node process that waits for its debugger', async (t) => {
    const child = spawn(process.execPath, [`--inspect=${HOST}:19229`, '-e', 'setTimeout(() => 0, 60000)'])
    t.after(() => child.kill('SIGKILL'))
    await once(child.stderr, 'data')
    const row = await seenAt(19_229)
    assert.deepEqual([ownService(row), insecureService(row)], [{ service: 'inspector', open: 'yes' }, 'debugger'])
  })

  test(
    'each is asked in its own protocol, and a port that understands none says so',
    { timeout: 50_000 },
    async (t) => {
      const PING = 'PING\r\n'
      await serve(t, 6379, (q) => (q === PING ? '+PONG\r\n' : q.startsWith('GET') ? '-ERR wrong number\r\n' : null))
      await serve(t, 5900, (q) => (q === 'RFB 003.008\n' ? '\x01\x02' : null), 'RFB 003.008\n')
      await serve(t, 5901, (q) => (q === 'RFB 003.003\n' ? '\x00\x00\x00\x01' : null), 'RFB 003.003\n')
      await serve(t, 6000, (q) => (q.startsWith('l\x00\x0b\x00') ? latin('01000b0000005509') : null))
      const modbus = latin('c5a90000000301ab01')
      await serve(t, 1502, (q) => (q === latin('c5a900000005012b0e0100') ? modbus : null))
      await serve(t, 4321, () => null)
      const started = performance.now()
      const [redis, vnc, old, x11, modbusRow, none] = await Promise.all([6379, 5900, 5901, 6000, 1502, 4321].map((port) => seenAt(port))) // prettier-ignore
      const seconds = (performance.now() - started) / 1000
      const told = [redis, vnc, old, x11, modbusRow, none].map((row) => row && insecureService(row))
      assert.deepEqual(told, ['redis', 'vnc-weak', 'vnc', 'x11', 'modbus', null])
      assert.deepEqual(x11?.own?.map((o) => o.question), ['x11']) // prettier-ignore
      assert.deepEqual(none?.own?.map((o) => [o.question, o.answer]), ['gdb', 'redis', 'memcached', 'rpcbind', 'x11', 'adb', 'jdwp', 'modbus'].map((q) => [q, ''])) // prettier-ignore
      // The wait for a late greeting takes 11 s; the questions are asked meanwhile.
      assert.ok(seconds < 16, `${seconds} s`)
    },
  )
}
