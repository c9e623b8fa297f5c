import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { stringify } from 'yaml'
import type { Report } from '../reports/report.ts'
import type { Statement } from '../suites/statement.ts'
import { camseal, startCamseal, type Ran, type Running } from './support/camseal.ts'
import { writeRegulation } from './support/regulation.ts'

/** Whatever a device does: the run ends in bounded time, names the cause, passes nothing it has not seen, and loses nothing. */
const work = mkdtempSync(join(tmpdir(), 'camseal-rude-'))
after(() => rmSync(work, { recursive: true, force: true }))

const PASSWORD = 'Owner-7421-kxq'
const LOGIN = 'authentication/no-default-credentials'
const STREAM = 'authentication/no-default-rtsp-credentials'
const LOCK = 'authentication/login-lockout'
const LOG = 'logging/failed-login-recorded'
const UPDATE = 'update-integrity/altered-update-refused'
const ALL = [STREAM, LOCK, LOG, UPDATE]

let devices = 0

/** A statement of a plain device at an address of its own; `over` changes it. */
function statement(port: number, over: Partial<Statement> = {}): { file: string; address: string; directory: string } {
  const n = ++devices
  const directory = join(work, `device-${n}`)
  mkdirSync(directory)
  writeFileSync(join(directory, 'genuine.bin'), Buffer.alloc(4096, 7))
  const address = `127.79.${n}.10`
  const web = { service: 'web', account: 'owner' }
  const made: Statement = {
    camseal: 'statement/1',
    dut: { maker: { name: 'Test' }, model: 'Rude', hardware: '1', firmware: { version: '1.0', link: 'version-string-only' } },
    samples: [{ id: 'a', serial: 'R-1', arrives: 'in-service', addresses: { ipv4: address, ipv6: null }, macs: [] }],
    interfaces: [{ id: 'lan', type: 'ethernet' }],
    services: [
      { id: 'web', transport: 'tcp', port, protocol: 'http', families: ['ipv4'], purpose: 'web' },
      { id: 'stream', transport: 'tcp', port, protocol: 'rtsp', families: ['ipv4'], purpose: 'video' },
    ],
    accounts: [
      { id: 'owner', user: 'admin', password: { env: 'RUDE_PASSWORD' }, role: 'administrator' },
      { id: 'spare', user: 'spare', password: { env: 'RUDE_PASSWORD' }, role: 'viewer', spare: true },
    ],
    logins: [
      { id: 'web', service: 'web', account: 'owner', target: '/device' },
      { id: 'stream', service: 'stream', account: 'owner', target: '/live', method: 'DESCRIBE' },
    ],
    resources: [],
    bruteForce: ['web', 'stream'].map((login) => ({ login, protection: 'lock' as const, failures: 5, windowSeconds: 1, lockSeconds: 1, scope: 'account' as const, spare: 'spare' })),
    logging: {
      channels: [{
        id: 'syslog', protocol: 'syslog-udp', port: 5600 + n,
        enable: { ...web, method: 'POST', target: '/syslog', body: '{{lab-address}}:{{lab-port}}', done: 'set' },
        restore: { ...web, method: 'POST', target: '/syslog', body: '-', done: 'set' },
      }],
    },
    updates: [{
      id: 'update', upload: { ...web, method: 'POST', target: '/update', body: '{{package}}' }, version: { ...web, target: '/version', pattern: 'V([0-9.]+)' },
      format: 'opaque', signed: true, packages: { genuine: { file: 'genuine.bin', version: '2.0' } }, bootSeconds: 1,
    }],
    identity: [{ ...web, target: '/device', pattern: 'serial=([A-Z0-9-]+)' }],
    actions: { changePassword: { ...web, method: 'POST', target: '/password', body: '{{new-password}}', done: 'changed' } },
    permit: 'destructive',
    ...over,
  }
  const file = join(directory, 'statement.yaml')
  writeFileSync(file, stringify(made))
  return { file, address, directory }
}

interface Done { ran: Ran; report: Report; verdicts: Map<string, string[]> }

const args = (file: string, directory: string, criteria: readonly string[]) =>
  ['run', '--statement', file, '--regulation', writeRegulation(join(directory, 'few.yaml'), criteria), '--out', join(directory, 'out'), '--rehearsal', '--json']
const env = (directory: string) => ({ RUDE_PASSWORD: PASSWORD, CAMSEAL_STATE: join(directory, 'bench') })

/** The report of a run with the verdicts and causes by criterion. */
function done(ran: Ran, directory: string): Done {
  const report = JSON.parse(readFileSync(join(directory, 'out', 'report.json'), 'utf8')) as Report
  const verdicts = new Map<string, string[]>()
  for (const j of report.verdicts.judgements) {
    const causes = j.findings.filter((f) => f.is === 'gap').map((f) => String((f.message.values as { cause?: string }).cause ?? f.message.code))
    verdicts.set(j.criterion, [...(verdicts.get(j.criterion) ?? []), [j.verdict, ...causes].join(' ')])
  }
  return { ran, report, verdicts }
}

async function run(file: string, directory: string, criteria: readonly string[], seconds: number): Promise<Done> {
  const ran = await camseal(args(file, directory, criteria), { env: env(directory), seconds })
  assert.notEqual(ran.code, null, `not ended after ${seconds} s: ${ran.stdout.slice(-1500)}`)
  return done(ran, directory)
}

/** A server at an address of the test, ended with it. */
async function serve(t: TestContext, server: Server, address: string, port: number): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (s: Socket) => {
    sockets.add(s)
    s.on('error', () => s.destroy()).on('close', () => sockets.delete(s))
  })
  await new Promise<void>((listening, failed) => server.once('error', failed).listen(port, address, listening))
  t.after(() => {
    for (const s of sockets) s.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const NOISE = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 197 + 41) % 256))

/** What each does with a connection. */
const RUDE: Record<string, (socket: Socket) => void> = {
  'says nothing': () => undefined,
  'resets': (s) => void s.resetAndDestroy(),
  'resets when asked': (s) => void s.on('data', () => s.resetAndDestroy()),
  'answers garbage': (s) => void s.on('data', () => s.write(NOISE)),
  'sends garbage and closes': (s) => void s.end(NOISE),
  'closes in mid-answer': (s) => void s.on('data', () => s.end('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nserial=R-1 V1.')),
  'streams for ever': (s) => {
    const part = Buffer.alloc(65_536, 0x41)
    const more = () => { while (!s.destroyed && s.write(part)) continue }
    s.once('data', () => {
      s.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n')
      s.on('drain', more)
      more()
    })
  },
  'sends a byte a second': (s) => {
    const text = 'HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n'
    let i = 0
    const clock = setInterval(() => s.write(text[i++] ?? 'x'), 1000)
    s.on('data', () => undefined).on('close', () => clearInterval(clock))
  },
  'sends huge headers': (s) => void s.on('data', () => s.write(`HTTP/1.1 200 OK\r\n${'X-Long: '.padEnd(8_000, 'y')}\r\n`.repeat(1000))),
  'sends a hundred thousand headers': (s) => void s.on('data', () => s.write(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(100_000)}\r\n`)),
  'says yes to everything': (s) => void s.on('data', (d: Buffer) => s.write(`${d.includes('RTSP/1.0') ? 'RTSP/1.0' : 'HTTP/1.1'} 200 OK\r\nCSeq: 1\r\nContent-Length: 34\r\n\r\nset changed serial=R-1 V1.0 online`)),
}
/** No run of these criteria takes longer. */
const LONGEST_S = 400

test('rude devices', { timeout: (LONGEST_S + 60) * 1000, concurrency: 12 }, async (t) => {
  await Promise.all(
    Object.entries(RUDE).map(([name, behave]) =>
      t.test(name, async (s) => {
        const { file, address, directory } = statement(8000)
        await serve(s, createServer((socket) => behave(socket)), address, 8000)
        const { ran, verdicts } = await run(file, directory, name === 'says nothing' ? [LOGIN] : ALL, LONGEST_S)
        s.diagnostic(`${name}: ${ran.seconds.toFixed(1)} s, exit ${ran.code}: ${JSON.stringify([...verdicts])}`)
      }),
    ),
  )
})
