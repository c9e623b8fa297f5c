import assert from 'node:assert/strict'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { probe as lockoutProbe } from '../lab/probes/http-lockout.ts'
import { probe as remoteProbe } from '../lab/probes/remote-credentials.ts'
import { criterion as lockout } from '../suites/authentication/login-lockout.ts'
import { kind as lockoutKind } from '../suites/observations/http-lockout.ts'
import type { Statement } from '../suites/statement.ts'
import { emptyStatement, testBench } from './support/bench.ts'
import { answered, judgeBy } from './support/judging.ts'

/** Devices that close their doors to the lab: what the lab waits for, and how long. */

const REAL_HOST = '127.0.0.1'
const PASSWORDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

/** An FTP server that bans for `banSeconds` of the bench's own time whoever failed five times, however slowly. */
async function ftpServer(t: TestContext, now: () => number, banSeconds: number) {
  let failures = 0
  let until = 0
  let bans = 0
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    if (now() < until) return void socket.destroy()
    socket.write('220 ready\r\n')
    socket.on('data', (data) => {
      const said = data.toString('latin1')
      if (said.startsWith('USER')) return void socket.write('331 password\r\n')
      if (!said.startsWith('PASS')) return void socket.write('500 no\r\n')
      socket.write('530 Login incorrect.\r\n')
      if (++failures < 5) return
      failures = 0
      bans++
      until = now() + banSeconds * 1_000_000
    })
  })
  await new Promise<void>((done) => server.listen(0, REAL_HOST, done))
  t.after(() => server.close())
  return { port: (server.address() as AddressInfo).port, bans: () => bans }
}

for (const { declared, banSeconds, pairs, complete } of [
  { declared: null, banSeconds: 12, pairs: 7, complete: true },
  { declared: 12, banSeconds: 12, pairs: 7, complete: true },
  { declared: 12, banSeconds: 18, pairs: 2, complete: true },
  { declared: 12, banSeconds: 86_400, pairs: 7, complete: false },
] as const)
  test(`FTP that bans for ${banSeconds} s, ${declared ?? 'nothing'} declared: ${complete ? 'every pair is tried' : 'given up'}`, async (t) => {
    const listed = PASSWORDS.slice(0, pairs)
    let clock = 1_000_000
    let slept = 0
    const ftp = await ftpServer(t, () => clock, banSeconds)
    const statement = emptyStatement({
      services: [{ id: 'ftp', transport: 'tcp', port: ftp.port, protocol: 'ftp', families: ['ipv4'], purpose: 'x' }],
      accounts: [{ id: 'owner', user: 'owner', password: { published: 'right' }, role: 'administrator' }],
      logins: [{ id: 'ftp', service: 'ftp', account: 'owner', target: 'files' }],
      bruteForce: declared === null ? [] : [{ login: 'ftp', protection: 'lock', failures: 5, lockSeconds: declared }],
    })
    const bench = testBench(statement, {
      now: () => (clock += 1000),
      wait: (milliseconds) => {
        clock += milliseconds * 1000
        slept += milliseconds
        return Promise.resolve(true)
      },
      catalogue: () => ({ pairs: listed.map((password) => ({ user: 'admin', password, known: 'x' })) }),
    })
    const seen = await remoteProbe.run(bench, `a/ipv4/${String(ftp.port).padStart(5, '0')}`)
    assert.ok(seen.answered)
    const { stopped, batches } = seen.value
    assert.deepEqual([seen.value.complete, stopped], complete ? [true, null] : [false, 'locked'])
    assert.ok(ftp.bans() > 0)
    assert.ok(slept <= 240_000, `${slept} ms`)
    const refused = batches.flatMap((b) => b.tries).filter((a) => a.failure === null)
    const tried = new Set(refused.map((a) => `${a.credential?.user}:${a.credential?.secret}`))
    if (complete) for (const password of listed) assert.ok(tried.has(`admin:${password}`), password)
  })

test('a lock of five seconds that shows by silence alone is measured, not slept through', async (t) => {
  const silent = new Set<string>()
  let failures = 0
  const server = createHttpServer((request, response) => {
    const from = request.socket.remoteAddress ?? ''
    if (silent.has(from)) return
    const { authorization = '' } = request.headers
    const [user, password] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString('latin1').split(':')
    if (password === `right-${user}`) return void response.end('Settings of the camera, which only its owner may read.')
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end('Who are you?')
    if (authorization === '' || ++failures < 5) return
    silent.add(from)
    setTimeout(() => silent.delete(from), 5000)
  })
  await new Promise<void>((done) => server.listen(0, REAL_HOST, done))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const statement: Statement = emptyStatement({
    services: [{ id: 'web', transport: 'tcp', port, protocol: 'http', families: ['ipv4'], purpose: 'x' }],
    accounts: [
      { id: 'owner', user: 'owner', password: { published: 'right-owner' }, role: 'administrator' },
      { id: 'spare', user: 'spare', password: { published: 'right-spare' }, role: 'viewer', spare: true },
    ],
    logins: [{ id: 'web', service: 'web', account: 'owner', target: '/' }],
    bruteForce: [{ login: 'web', protection: 'lock', failures: 5, lockSeconds: 4, scope: 'address', spare: 'spare' }],
  })
  const seen = await lockoutProbe.run(testBench(statement, { sources: () => [REAL_HOST, '127.0.0.2'] }), 'a/login/web')
  assert.ok(seen.answered, JSON.stringify(seen))
  const [judged] = judgeBy(lockout, {
    statement,
    observations: [answered(lockoutKind, 'a/login/web', seen.value)],
    kinds: [lockoutKind],
  })
  assert.ok(judged)
  const codes = judged.findings.map((f) => f.message.code)
  assert.equal(judged.verdict, 'pass', codes.join())
  assert.ok(codes.includes('owner-gets-in-elsewhere') && codes.includes('comes-back'))
})
