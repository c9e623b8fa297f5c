import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import type { Session } from '../suites/statement.ts'
import { sessionsOf } from './support/sessions.ts'

/** Sessions of servers as devices have them: what carries the session is found out, whatever it is called. */
const LIMIT = { timeout: 60_000 }
const [USER, PASSWORD] = ['keeper', 'Right-pass-9f3a']

interface Request {
  path: string
  method: string
  cookies: Record<string, string>
  headers: IncomingMessage['headers']
  /** The right user and password came in a body of JSON. */
  isRight: boolean
}
interface Answer {
  status?: number
  set?: string[]
  body?: string
}

async function server(
  t: TestContext,
  answer: (request: Request) => Answer,
): Promise<{ address: string; port: number }> {
  const http = createServer((request, response) => {
    let body = ''
    request.on('data', (d: Buffer) => (body += d.toString('utf8')))
    request.on('end', () => {
      const pairs = (request.headers.cookie ?? '').split('; ').filter((p) => p !== '')
      const cookies = Object.fromEntries(pairs.map((p) => p.split('=', 2) as [string, string]))
      const [path = '', method = ''] = [request.url, request.method]
      const isRight = body === JSON.stringify({ user: USER, password: PASSWORD })
      const {
        status = 200,
        set = [],
        body: text = '',
      } = answer({ path, method, cookies, headers: request.headers, isRight })
      response.writeHead(status, set.length > 0 ? { 'Set-Cookie': set } : {}).end(text)
    })
  })
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  t.after(() => {
    http.closeAllConnections()
    http.close()
  })
  return { address: '127.0.0.1', port: (http.address() as AddressInfo).port }
}

const IN: Answer = { body: '<h1>Settings of the camera</h1>' }
const OUT: Answer = { status: 403, body: 'please log in' }
const SESSION: Session = {
  logIn: {
    method: 'POST',
    target: '/in',
    contentType: 'application/json',
    body: '{"user":"{{user}}","password":"{{password}}"}',
  },
  logOut: { method: 'POST', target: '/out' },
}
const seen = (place: { address: string; port: number }, session = SESSION) =>
  sessionsOf({ ...place, tls: false, target: '/settings', user: USER, password: PASSWORD, session })
const identifier = (): string => randomBytes(16).toString('hex')

test('a session that begins before the log-in and goes on in it', LIMIT, async (t) => {
  const known = new Map<string, boolean>()
  const place = await server(t, ({ path, cookies, isRight }) => {
    const brought = cookies['PHPSESSID'] ?? ''
    const id = known.has(brought) ? brought : identifier()
    const set = id === brought ? [] : [`PHPSESSID=${id}; path=/; HttpOnly`]
    if (id !== brought) known.set(id, false)
    if (path === '/in') known.set(id, isRight)
    if (path === '/out') known.delete(id)
    return path !== '/settings' ? { set } : known.get(id) ? { ...IN, set } : { ...OUT, set }
  })
  const { verdicts, value } = await seen(place)
  assert.deepEqual(
    value.planted.map((p) => [p.how, p.names]),
    [
      ['given', ['PHPSESSID']],
      ['made-up', ['PHPSESSID']],
    ],
  )
  assert.deepEqual(verdicts, [
    ['fail', 'http-only', 'same-site-missing', 'given-in-clear'],
    ['pass', 'dead'],
    ['fail', 'given-adopted', 'made-up-replaced'],
    ['pass', 'nothing-found'],
  ])
})

test('short tokens that are counted: no cookie, and nothing of them in the evidence', LIMIT, async (t) => {
  const alive = new Set<string>()
  let count = 10
  const place = await server(t, ({ path, headers, isRight }) => {
    const token = String(headers['x-token'] ?? '')
    if (path === '/in' && isRight) alive.add(`t${++count}`)
    if (path === '/in') return { body: isRight ? `{"token":"t${count}"}` : '{}' }
    if (path === '/out') alive.delete(token)
    return path === '/settings' && !alive.has(token) ? OUT : IN
  })
  const session: Session = { ...SESSION, token: { pattern: '"token":"([^"]+)"', header: 'X-Token' } }
  const { verdicts, raws, value } = await seen(place, session)
  assert.deepEqual(verdicts.slice(0, 3), [
    ['pass', 'no-cookie'],
    ['pass', 'dead'],
    ['pass', 'no-cookie'],
  ])
  assert.equal(verdicts[3]?.[0], 'fail')
  assert.ok(raws.some((raw) => raw.includes('"token":"***"')))
  assert.ok(![...raws, JSON.stringify(value)].some((text) => /"token":"t|"t1[0-9]"/.test(text)))
})

test(
  'a token that no log-out ends: without knowing what the log-out did, no violation is claimed',
  LIMIT,
  async (t) => {
    const alive = new Set<string>()
    const place = await server(t, ({ path, headers, isRight }) => {
      const token = identifier()
      if (path === '/in' && isRight) alive.add(token)
      if (path === '/in') return { body: isRight ? `{"token":"${token}"}` : '{}' }
      return path === '/settings' && !alive.has(String(headers['x-token'])) ? OUT : IN
    })
    const { verdicts } = await seen(place, { ...SESSION, token: { pattern: '"token":"([^"]+)"', header: 'X-Token' } })
    assert.deepEqual(verdicts[1], ['inconclusive', 'without-effect'])
  },
)

test(
  'two cookies that are needed together, and one that is not: the one that is kept keeps the session',
  LIMIT,
  async (t) => {
    const alive = new Set<string>()
    const place = await server(t, ({ path, cookies, isRight }) => {
      const sid = identifier()
      if (path === '/in' && isRight) alive.add(sid)
      if (path === '/in')
        return isRight ? { set: [`user=${USER}`, 'lang=vi', `sid=${sid}; HttpOnly; SameSite=Lax`] } : OUT
      if (path === '/out') alive.delete(cookies['sid'] ?? '')
      return path === '/settings' && !(alive.has(cookies['sid'] ?? '') && cookies['user'] === USER) ? OUT : IN
    })
    const { verdicts, value } = await seen(place)
    assert.deepEqual(value.first.parts.map((p) => p.name).sort(), ['lang', 'sid', 'user'])
    assert.deepEqual(verdicts, [
      ['fail', 'http-only', 'same-site', 'given-in-clear'],
      ['pass', 'dead'],
      ['pass', 'made-up-replaced', 'nothing-given'],
      ['pass', 'nothing-found'],
    ])
  },
)

test('a seal over the user and the second: the same twice in one second is no proof', LIMIT, async (t) => {
  const sealOf = (second: number): string => createHash('sha256').update(`key ${USER} ${second}`).digest('hex')
  const now = (): number => Math.floor(Date.now() / 1000)
  const place = await server(t, ({ path, cookies, isRight }) => {
    if (path === '/in') return isRight ? { set: [`s=${sealOf(now())}; HttpOnly`] } : OUT
    if (path === '/out') return { set: ['s=; Max-Age=0'] }
    const isOurs = Array.from({ length: 60 }, (_, i) => sealOf(now() - i)).includes(cookies['s'] ?? '')
    return path === '/settings' && !isOurs ? OUT : IN
  })
  const { verdicts } = await seen(place)
  assert.deepEqual(verdicts[1], ['fail', 'alive'])
  assert.deepEqual(verdicts[3], ['inconclusive', 'repeated-at-once'])
})

test('who is let in nowhere, and who says nothing, gets no verdict', LIMIT, async (t) => {
  for (const answer of [() => OUT, () => IN]) {
    const { verdicts } = await seen(await server(t, answer))
    assert.deepEqual(verdicts, Array(4).fill(['inconclusive', 'log-in-unproven']))
  }
})

test(
  'a log-in that only a browser can make is not tried by a call, which might count as a failure',
  LIMIT,
  async (t) => {
    let asked = 0
    const place = await server(t, () => {
      asked++
      return OUT
    })
    await assert.rejects(seen(place, { ...SESSION, browser: { logIn: [] } }), /sessions\.in-browser/)
    assert.equal(asked, 0)
  },
)
