import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { hiderOf } from '../lab/instruments/session-parts.ts'
import type { Session } from '../suites/statement.ts'
import { sessionsOf } from './support/sessions.ts'
import { has } from './support/software.ts'

/** Log-ins by a call that gives signed tokens (RFC 7519): what a server forgets at the log-out, and what it does not. */
const LIMIT = { timeout: 60_000 }
const json = 'application/json'
const REFRESH = { method: 'POST', target: '/refresh', contentType: json } as const
const SESSION: Session = {
  logIn: {
    method: 'POST',
    target: '/login',
    contentType: json,
    body: '{"user":"{{user}}","password":"{{password}}"}',
  },
  token: { pattern: '"access": ?"([^"]+)"', header: 'Authorization', value: 'Bearer {{token}}' },
  logOut: { method: 'POST', target: '/logout' },
}
const BY_TOKEN: Session = {
  ...SESSION,
  refresh: { ...REFRESH, pattern: '"refresh": ?"([^"]+)"', body: '{"refresh":"{{refresh}}"}' },
}
const BY_COOKIE: Session = { ...SESSION, refresh: REFRESH }

/** Verdict and codes of the log-out at a server that keeps this. */
async function logOutOf(t: TestContext, keeps: string, session: Session) {
  const server = spawn('python3', [join(import.meta.dirname, 'support/token-server.py'), keeps], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => server.kill())
  const [line] = (await once(server.stdout, 'data')) as [Buffer]
  const [user, password] = ['keeper', 'Right-pass-9f3a']
  const place = { address: '127.0.0.1', port: Number(line.toString()), tls: false, target: '/settings', user, password }
  const { value, verdicts, raws } = await sessionsOf({ ...place, session })
  assert.ok(raws.length > 10 && !raws.some((text) => /eyJ[\w-]{8}/.test(text)))
  assert.doesNotMatch(JSON.stringify(value), /Bearer/)
  return { value, found: verdicts[1] }
}

const CASES: [what: string, keeps: string, session: Session, found: string[]][] = [
  ['forgets the token', 'access', SESSION, ['pass', 'dead']],
  ['forgets nothing', '', SESSION, ['fail', 'token-alive']],
  ['forgets nothing, and answers everything alike', 'all', SESSION, ['inconclusive', 'without-effect']],
  ['declares no log-out', '', { ...SESSION, logOut: undefined } as never, ['inconclusive', 'no-log-out']],
  ['forgets both', 'access,refresh', BY_TOKEN, ['pass', 'dead', 'renewal-dead']],
  ['forgets both, and renews once only', 'access,refresh,rotate', BY_TOKEN, ['pass', 'dead', 'renewal-dead']],
  ['goes on renewing', 'access', BY_TOKEN, ['fail', 'dead', 'renewed-after']],
  ['goes on renewing, each time once', 'access,rotate', BY_TOKEN, ['fail', 'dead', 'renewed-after']],
  ['forgets both, one a cookie', 'access,refresh,cookie', BY_COOKIE, ['pass', 'dead', 'renewal-dead']],
  ['goes on renewing by a cookie that the browser lost', 'access,cookie', BY_COOKIE, ['fail', 'dead', 'renewed-after']],
  ['renews nothing for now', 'access,refresh,busy', BY_TOKEN, ['inconclusive', 'dead', 'renewal-unclear']],
  [
    'renews by another call than is declared',
    'access',
    { ...BY_TOKEN, refresh: { ...BY_TOKEN.refresh!, target: '/renew' } },
    ['inconclusive', 'dead', 'renewal-unproven'],
  ],
]

for (const [what, keeps, session, expected] of CASES)
  test(`a server of tokens that ${what}`, LIMIT, async (t) => {
    if (!has('python3')) return t.skip('needs python3')
    const { logOut, ...rest } = session
    const { found, value } = await logOutOf(t, keeps, logOut ? session : rest)
    assert.deepEqual(found, expected)
    assert.equal(value.renewal === undefined, session.refresh === undefined)
  })

test('tokens that the statement does not speak of are hidden, whatever surrounds them', LIMIT, () => {
  const token = `eyJ${'a'.repeat(20)}.${'b'.repeat(20)}.${'c-_'.repeat(9)}`
  const hide = (text: string): string => {
    const answer = { raw: Buffer.from(`HTTP/1.1 200 OK\r\n\r\n${text}`, 'latin1').toString('base64') }
    const exchange = { request: { target: '/', headers: [] }, rounds: [{ answer }] }
    const hidden = hiderOf([], {}).exchange(exchange as never)
    return Buffer.from(hidden.rounds[0]!.answer.raw, 'base64').toString('latin1').slice(19)
  }
  assert.equal(hide(`{"r":"${token}"}`), `{"r":"${'*'.repeat(token.length)}"}`)
  assert.equal(hide(`a.${token};${token}`), `a.${'*'.repeat(token.length)};${'*'.repeat(token.length)}`)
  for (const text of ['eyJ', `-${token}`, 'eyJ.a.b', 'eyJhbGciOiJIUzI1NiJ9']) assert.equal(hide(text), text)
  const begun = Date.now()
  for (const part of ['eyJ', 'eyJaaaaaaaa.', 'eyJaaaaaaaa.bbbb', '.eyJaaaaaaaa', `${'eyJa'.repeat(99)}.`])
    assert.equal(hide(part.repeat(262_144 / part.length)).length, part.length * Math.floor(262_144 / part.length))
  assert.ok(Date.now() - begun < 5_000)
})
