import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { probe as idleProbe } from '../lab/probes/session-idle.ts'
import { probe as changeProbe } from '../lab/probes/session-password-change.ts'
import { randomPassword } from '../lab/secrets.ts'
import { criterion as idle } from '../suites/authentication/idle-session-ends.ts'
import { criterion as change } from '../suites/authentication/session-ends-at-password-change.ts'
import type { Action, Session, Statement } from '../suites/statement.ts'
import { judged, misfits } from './support/authentication.ts'
import { apacheForm, APACHE_SESSION, type ApacheSession } from './support/apache-form.ts'
import { emptyStatement } from './support/bench.ts'
import { djangoAdmin, DJANGO_CALL } from './support/django-admin.ts'
import { liveBench } from './support/live-bench.ts'
import { inPrivateNetwork } from './support/private-network.ts'
import { has } from './support/software.ts'

/**
 * Sessions of servers that nobody here wrote. Django keeps a digest of the password's hash in them and throws out what
 * does not fit any more; mod_auth_form looks the password up again at every request, unless it trusts a passphrase of the
 * site instead; mod_session ends them by time only where that is asked of it.
 */
const LIMIT = { timeout: 60_000 }
const SECRETS = { owner: `Own-${randomBytes(6).toString('hex')}`, spare: `Spa-${randomBytes(6).toString('hex')}` }

interface Place {
  address: string
  port: number
  tls: boolean
  target: string
  session: Session
}

const statementOf = ({ address, port, tls, target, session }: Place): Statement =>
  emptyStatement({
    samples: [{ id: 'a', serial: 'S', arrives: 'in-service', addresses: { ipv4: address, ipv6: null }, macs: [] }],
    services: [
      {
        id: 'web',
        transport: 'tcp',
        port,
        protocol: tls ? 'https' : 'http',
        families: ['ipv4'],
        purpose: 'w',
        session,
      },
    ],
    accounts: [
      { id: 'owner', user: 'owner', password: { env: 'X' }, role: 'administrator' },
      { id: 'spare', user: 'spare', password: { env: 'Y' }, role: 'viewer', spare: true },
    ],
    logins: [{ id: 'web', service: 'web', account: 'spare', target }],
  })

const benchOf = (statement: Statement, { address, session }: Place) =>
  liveBench(statement, SECRETS, {
    endpoint: (family, port, tls) => ({
      ...{ family, address, port, tls },
      ...(statement.services.find((s) => s.port === port)?.session ? { session } : {}),
    }),
    freshSecret: (name) => Promise.resolve({ user: '', password: randomPassword(), secret: name, published: false }),
  })

/** Verdict and codes of what becomes of a session at a change of the password. */
async function afterChange(place: Place, action: Action, more: Statement['services'] = []): Promise<string[]> {
  const statement = statementOf(place)
  statement.services.push(...more)
  statement.actions.changePassword = action
  const bench = benchOf(statement, place)
  const seen = await changeProbe.run(bench, 'a/login/web')
  assert.ok(seen.answered, JSON.stringify(seen))
  assert.deepEqual(misfits(changeProbe.kind, seen), [])
  assert.equal(bench.undone.length, 1)
  for (const secret of Object.values(SECRETS)) assert.ok(!JSON.stringify(seen).includes(secret))
  const { verdict, codes } = judged(change, seen, { statement })
  return [verdict, ...codes]
}

async function afterRest(place: Place): Promise<string[]> {
  const statement = statementOf(place)
  const seen = await idleProbe.run(benchOf(statement, place), 'a/login/web')
  assert.ok(seen.answered, JSON.stringify(seen))
  assert.deepEqual(misfits(idleProbe.kind, seen), [])
  const { verdict, codes } = judged(idle, seen, { statement })
  return [verdict, ...codes]
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

/** Apache, and a console beside it by which its administrator sets passwords. */
async function apacheOf(t: TestContext, n: number, more: string) {
  const [address, port] = [`127.81.8.${n}`, 8443]
  const kept: ApacheSession = { attributes: 'path=/;httponly;secure', sealed: true, more }
  const apache = await apacheForm(address, port, SECRETS, kept)
  t.after(() => apache.stop())
  const console = createServer((request, response) => {
    let body = ''
    request.on('data', (d: Buffer) => (body += d.toString('utf8')))
    request.on('end', () => {
      const { user, password } = JSON.parse(body) as { user: string; password: string }
      apache.setPassword(user, password)
      response.end('password set')
    })
  })
  await new Promise<void>((done) => console.listen(8080, address, done))
  t.after(() => {
    console.closeAllConnections()
    console.close()
  })
  const place: Place = { address, port, tls: true, target: '/private/', session: APACHE_SESSION }
  const service = { id: 'console', transport: 'tcp', port: 8080, protocol: 'http', families: ['ipv4'], purpose: 'c' }
  const set: Action = {
    service: 'console',
    method: 'POST',
    target: '/password',
    contentType: 'application/json',
    body: '{"user":"{{user}}","password":"{{new-password}}"}',
    done: 'password set',
  }
  return { place, changed: () => afterChange(place, set, [service as Statement['services'][number]]) }
}

inPrivateNetwork(import.meta.url, 2, 120, () => {
  test('Django ends the other sessions of a user whose password its administrator changes', LIMIT, async (t) => {
    if (!has('django-admin', 'chromium')) return t.skip('needs python3-django and chromium')
    const port = await freePort()
    const django = await djangoAdmin(port, SECRETS)
    t.after(() => django.stop())
    const place = { address: '127.0.0.1', port, tls: false, target: '/admin/', session: DJANGO_CALL }
    const found = await afterChange(place, {
      service: 'web',
      account: 'owner',
      method: 'POST',
      target: '/admin/auth/user/2/password/',
      done: 'Password changed successfully',
      browser: [
        { goto: '/admin/auth/user/' },
        { click: { role: 'link', name: '{{user}}' } },
        { click: { css: 'a[href$="/password/"]' } },
        { fill: { css: '#id_password1', value: '{{new-password}}' } },
        { fill: { css: '#id_password2', value: '{{new-password}}' } },
        { click: { css: 'input[type=submit]' } },
      ],
    })
    assert.deepEqual(found, ['pass', 'dead'])
  })
  const needed = () => has('apache2', 'openssl', 'unshare')
  test('Apache that looks the password up at every request, and trusts no session for long', LIMIT, async (t) => {
    if (!needed()) return t.skip('needs apache2')
    const { place, changed } = await apacheOf(t, 1, 'SessionMaxAge 2')
    assert.deepEqual(await changed(), ['pass', 'dead'])
    assert.deepEqual(await afterRest({ ...place, session: { ...APACHE_SESSION, idleSeconds: 2 } }), ['pass', 'ended'])
  })
  test('Apache that trusts whoever was let in once, and for ever', LIMIT, async (t) => {
    if (!needed()) return t.skip('needs apache2')
    const { place, changed } = await apacheOf(t, 2, 'AuthFormSitePassphrase of-a-test-0002')
    assert.deepEqual(await changed(), ['fail', 'alive'])
    assert.deepEqual(await afterRest({ ...place, session: { ...APACHE_SESSION, idleSeconds: 2 } }), ['fail', 'alive'])
  })
})
