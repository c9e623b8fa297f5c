import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { probe } from '../lab/probes/http-credentials.ts'
import { strangersBeside } from '../lab/probes/strangers.ts'
import { criterion } from '../suites/authentication/no-default-credentials.ts'
import type { BruteForce } from '../suites/statement.ts'
import { catalogueData, judged } from './support/authentication.ts'
import { emptyStatement, testBench } from './support/bench.ts'

/** Basic log-in of an owner and of a hidden account with a listed password; each account locks by itself. */
async function judgedDevice(t: TestContext, hidden: string, failures: number) {
  const failed = new Map<string, { count: number; at: number }>()
  const server = createServer((request, response) => {
    const [user = '', password = ''] = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64')
      .toString()
      .split(':')
    const before = failed.get(user)
    const count = before && Date.now() - before.at < 1000 ? before.count : 0
    const isRight = (user === 'owner' && password === 'Right-1-right') || `${user}:${password}` === hidden
    if (isRight && count < failures) {
      failed.delete(user)
      return response.end('{"serial":"1"}')
    }
    if (user !== '') failed.set(user, { count: count + 1, at: Date.now() })
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="camera"' }).end('log in')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => server.close())
  const statement = emptyStatement({
    services: [
      {
        id: 'web',
        transport: 'tcp',
        port: (server.address() as AddressInfo).port,
        protocol: 'http',
        families: ['ipv4'],
        purpose: 'web',
      },
    ],
    accounts: [{ id: 'owner', user: 'owner', password: { env: 'X' }, role: 'administrator' }],
    logins: [{ id: 'web-owner', service: 'web', account: 'owner', target: '/' }],
    bruteForce: [
      { login: 'web-owner', protection: 'lock', failures, windowSeconds: 1, lockSeconds: 1, scope: 'account' },
    ],
  })
  const bench = testBench(statement, { catalogue: catalogueData, secrets: { owner: 'Right-1-right' } })
  const [subject = ''] = probe.kind.expected({ statement, state: 'in-service', seen: () => [] })
  return judged(criterion, await probe.run(bench, subject), { statement, subject }).verdict
}

test('a hidden account whose own lock would hide its listed password', { timeout: 60_000 }, async (t) => {
  assert.equal(await judgedDevice(t, 'admin:888888', 3), 'fail')
  assert.equal(await judgedDevice(t, 'admin:unlisted', 3), 'pass')
})

test('rests come where a lock by account is declared, and only for users without a control', () => {
  const pairs = ['root:1', 'owner:1', 'root:2', 'owner:2', 'root:3', 'root:4'].map((p) => {
    const [user = '', password = ''] = p.split(':')
    return { user, password, secret: password, published: true }
  })
  const walked = (rule: Partial<BruteForce> | null): string[] => {
    const strangers = strangersBeside('owner', rule && { login: 'l', protection: 'lock', ...rule })
    const queue = [...pairs]
    const said: string[] = []
    for (let i = 0; i < 20 && queue.length > 0; i++) {
      const batch = strangers.take(queue, 3)
      said.push(batch.map((p) => p.user[0] + p.password).join('') || 'rest')
      if (batch.length === 0) strangers.rested()
    }
    return said
  }
  assert.deepEqual(walked({ failures: 3, scope: 'account' }), ['r1o1r2', 'o2', 'rest', 'r3r4'])
  assert.deepEqual(walked({}), ['r1o1r2', 'o2', 'rest', 'r3r4'])
  assert.deepEqual(walked({ failures: 1 }), ['r1o1', 'rest', 'r2o2', 'rest', 'r3', 'rest', 'r4'])
  for (const rule of [null, { scope: 'address' }, { protection: 'delay' }, { failures: 6 }] as const)
    assert.deepEqual(walked(rule), ['r1o1r2', 'o2r3r4'])
  assert.equal(strangersBeside('o', { login: 'l', protection: 'lock', lockSeconds: 30 }).restSeconds, 31)
})
