import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import type { Bench, Probe } from '../lab/probe.ts'
import { probe as httpLockout } from '../lab/probes/http-lockout.ts'
import { probe as remoteLockout } from '../lab/probes/remote-lockout.ts'
import { criterion as evasion } from '../suites/authentication/lockout-not-evaded.ts'
import { criterion as lockout } from '../suites/authentication/login-lockout.ts'
import { criterion as remote } from '../suites/authentication/remote-login-lockout.ts'
import type { Criterion } from '../suites/criterion.ts'
import type { Statement } from '../suites/statement.ts'
import { judged, misfits, type Judged } from './support/authentication.ts'
import { emptyStatement, testBench } from './support/bench.ts'
import { doorOf } from './support/door.ts'

/** Guessing over SSH and FTP, and from another address, at cameras and servers of the lab. */

const LIMIT = { timeout: 60_000 }
const SECRETS = { owner: 'Abc-123-xyz', 'lab-spare': 'Spa-123-pqr' }

/** Who waits for locks that come late need not wait for them here. */
const HURRIED: Partial<Bench> = { wait: () => Promise.resolve(true) }

async function judge(probe: unknown, criterion: unknown, bench: Bench, parameters: unknown = {}): Promise<Judged> {
  const one = probe as Probe
  const [subject] = one.kind.expected({ statement: bench.statement, state: 'in-service', seen: () => [] })
  assert.ok(subject)
  const seen = await one.run(bench, subject)
  assert.deepEqual(misfits(one.kind, seen), [])
  return judged(criterion as Criterion, seen, { statement: bench.statement, subject, parameters })
}

async function camera(t: TestContext, ipv4: string, weaknesses: string[]): Promise<Bench> {
  const started = await startReferenceCamera({
    addresses: { ipv4, ipv6: null },
    ports: { https: 0, rtsp: 0, ssh: 2225 },
    weaknesses,
    serial: 'P2',
    syslog: null,
    lock: { failures: 5, windowSeconds: 30, lockSeconds: 2 },
    bootSeconds: 1,
    factoryFresh: false,
    adminPassword: SECRETS.owner,
    users: [{ name: 'lab-spare', password: SECRETS['lab-spare'], role: 'viewer', spare: true }],
  })
  t.after(() => started.stop())
  return testBench(started.statement(), { secrets: SECRETS, sources: () => ['127.77.10.1', '127.77.10.2'] })
}

test('remote-login-lockout: a door with the lock of all interfaces passes, one without fails', LIMIT, async (t) => {
  const sound = await judge(remoteLockout, remote, await camera(t, '127.77.10.31', []))
  assert.equal(sound.verdict, 'pass', sound.codes.join())
  for (const code of ['locks', 'owner-gets-in', 'other-closes-too', 'comes-back', 'lock-by-account'])
    assert.ok(sound.codes.includes(code), code)
  const weak = await judge(remoteLockout, remote, {
    ...(await camera(t, '127.77.10.32', ['no-remote-lockout'])),
    ...HURRIED,
  })
  assert.deepEqual([weak.verdict, weak.codes], ['fail', ['never-locked']])
})

test('login-lockout: a lock declared of the account that another address opens', LIMIT, async (t) => {
  const bench = await camera(t, '127.77.10.33', ['lock-by-address'])
  const weak = await judge(httpLockout, lockout, bench)
  assert.equal(weak.verdict, 'fail', weak.codes.join())
  assert.deepEqual(
    weak.findings.filter((f) => f.is === 'violation').map((f) => f.message.code),
    ['lock-not-of-account'],
  )
  for (const row of bench.statement.bruteForce) row.scope = 'account-and-address'
  const declared = await judge(httpLockout, lockout, bench)
  assert.equal(declared.verdict, 'pass', declared.codes.join())
  assert.ok(declared.codes.includes('lock-by-address'))
})

test('lockout-not-evaded: in a session it is the log-in that comes from a forged address', LIMIT, async (t) => {
  for (const [n, weaknesses, expected] of [
    [61, [], ['pass', 'forged-address-refused']],
    [62, ['lock-by-forged-address'], ['fail', 'forged-address-opens']],
  ] as const) {
    const door = await doorOf(t, n, { formLogin: true, weaknesses: [...weaknesses] }, (statement) => ({
      ...statement,
      logins: statement.logins.filter(({ id, service }) => id === 'form' || service !== 'web'),
    }))
    const { endpoint } = door.bench
    const session = door.statement.services.find(({ id }) => id === 'web')?.session
    assert.ok(session)
    door.bench.endpoint = (...where) => {
      const to = endpoint(...where)
      return to && { ...to, session }
    }
    const seen = await door.seen(httpLockout, 'a/login/form')
    assert.equal(seen.value.during?.forged?.request.scheme, 'form')
    const { verdict, codes } = door.judged(evasion, seen, { subject: 'a/login/form' })
    assert.deepEqual([verdict, ...codes], expected)
  }
})

interface FtpManner {
  /** What a wrong password does, by how many there were. */
  failed?: (count: number, source: string) => void
  isBanned?: (source: string) => boolean
  delayMs?: number
  /** The right passwords; nobody else is asked for one where `asks` is false. */
  users?: string[]
}

/** An FTP server whose users have the password `right-<user>`. */
async function ftpServer(t: TestContext, { failed, isBanned, delayMs = 0, users = ['owner', 'spare'] }: FtpManner) {
  let failures = 0
  const server = createServer((socket) => {
    const source = socket.remoteAddress ?? ''
    if (isBanned?.(source) === true) return void socket.destroy()
    let user = ''
    socket.on('error', () => socket.destroy())
    socket.write('220 ready\r\n')
    socket.on('data', (data: Buffer) => {
      for (const line of data.toString('latin1').split('\r\n').filter(Boolean)) {
        const [verb = '', word = ''] = line.split(' ')
        if (verb === 'USER') socket.write(`331 password please\r\n`)
        else if (verb === 'PASS' && users.includes(user) && word === `right-${user}`) socket.write('230 welcome\r\n')
        else if (verb === 'PASS')
          setTimeout(() => {
            if (user !== 'anonymous') failed?.(++failures, source)
            // The connection ends with the first failure, which is no lock.
            socket.end('530 no\r\n')
          }, delayMs)
        else socket.write('502 not here\r\n')
        if (verb === 'USER') user = word
      }
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

const ftpBench = (port: number, over: Partial<Statement> = {}, how: Partial<Bench> = {}): Bench =>
  testBench(
    emptyStatement({
      services: [{ id: 'files', transport: 'tcp', port, protocol: 'ftp', families: ['ipv4'], purpose: 'files' }],
      accounts: [
        { id: 'owner', user: 'owner', password: { published: 'right-owner' }, role: 'administrator' },
        { id: 'spare', user: 'spare', password: { published: 'right-spare' }, role: 'viewer', spare: true },
      ],
      logins: [{ id: 'files', service: 'files', account: 'owner', target: '/' }],
      bruteForce: [{ login: 'files', protection: 'lock', failures: 5, lockSeconds: 2, scope: 'address' }],
      ...over,
    }),
    { sources: () => ['127.0.0.1', '127.0.0.2'], ...how },
  )
test('remote-login-lockout: a connection that is cut after a wrong password is no lock', LIMIT, async (t) => {
  const result = await judge(remoteLockout, remote, ftpBench(await ftpServer(t, {}), {}, HURRIED))
  assert.deepEqual([result.verdict, result.codes], ['fail', ['never-locked']])
})

test(
  'remote-login-lockout: connections that are refused for a time are a lock where others still get in',
  LIMIT,
  async (t) => {
    const banned = new Map<string, number>()
    const manner: FtpManner = {
      failed: (count, source) => count % 5 === 0 && void banned.set(source, performance.now() + 2500),
      isBanned: (source) => (banned.get(source) ?? 0) > performance.now(),
    }
    const port = await ftpServer(t, manner)
    const result = await judge(remoteLockout, remote, ftpBench(port))
    assert.equal(result.verdict, 'pass', result.codes.join())
    for (const code of ['owner-gets-in-elsewhere', 'lock-by-address', 'comes-back'])
      assert.ok(result.codes.includes(code), result.codes.join())
    banned.clear()
    const alone = await judge(remoteLockout, remote, { ...ftpBench(port), sources: () => ['127.0.0.1'] })
    assert.deepEqual([alone.verdict, alone.codes], ['inconclusive', ['right-without-answer']])
  },
)

test(
  'remote-login-lockout: failures answered late on each connection leave it open whether guessing pays',
  LIMIT,
  async (t) => {
    const port = await ftpServer(t, { delayMs: 520 })
    const bruteForce: Statement['bruteForce'] = [{ login: 'files', protection: 'delay', failures: 1 }]
    const result = await judge(remoteLockout, remote, ftpBench(port, { bruteForce }, HURRIED), {
      guessesPerDay: 1_000_000,
    })
    assert.deepEqual([result.verdict, result.codes], ['inconclusive', ['slowed-per-connection']])
  },
)

test('remote-login-lockout: without a spare account of its own a door is not attacked', LIMIT, async (t) => {
  const foreign = await judge(remoteLockout, remote, ftpBench(await ftpServer(t, { users: ['owner'] }), {}, HURRIED))
  assert.equal(foreign.verdict, 'inconclusive')
  const owner: Statement['accounts'][number] = {
    id: 'owner',
    user: 'owner',
    password: { published: 'right-owner' },
    role: 'administrator',
  }
  let tries = 0
  const port = await ftpServer(t, { failed: () => void tries++ })
  const none = await judge(remoteLockout, remote, ftpBench(port, { accounts: [owner], bruteForce: [] }))
  assert.equal(none.verdict, 'inconclusive')
  assert.ok(tries <= 2, `${tries} wrong passwords`)
})
