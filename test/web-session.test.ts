import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { stringify } from 'yaml'
import { httpClient } from '../lab/instruments/http.ts'
import type { Credential } from '../lab/probe.ts'
import type { Report } from '../reports/report.ts'
import { answerOf, passwordAnswer } from '../suites/facts/answer.ts'
import { fromBase64, latin1 } from '../suites/facts/bytes.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import type { Session, Statement } from '../suites/statement.ts'
import { apacheForm, APACHE_SESSION } from './support/apache-form.ts'
import { testBench } from './support/bench.ts'
import { camseal } from './support/camseal.ts'
import { inPrivateNetwork } from './support/private-network.ts'
import { writeRegulation } from './support/regulation.ts'
import { has } from './support/software.ts'

/** Log-ins by form: the session an HTTP client makes, and the main job where one logs in so. */
const work = mkdtempSync(join(tmpdir(), 'camseal-session-'))
after(() => rmSync(work, { recursive: true, force: true }))

const RIGHT: Credential = { user: 'ad&min', password: 'p=ä s"5', secret: 'owner', published: false }
const WRONG: Credential = { ...RIGHT, password: 'Wrong-1111' }

interface Seen {
  method: string
  target: string
  headers: IncomingMessage['headers']
  body: string
}

async function server(t: TestContext, answer: (seen: Seen, response: ServerResponse) => void) {
  const seen: Seen[] = []
  const http = createServer((request, response) => {
    let body = ''
    request.on('data', (d: Buffer) => (body += d.toString('utf8')))
    request.on('end', () => {
      const one = { method: request.method ?? '', target: request.url ?? '', headers: request.headers, body }
      seen.push(one)
      answer(one, response)
    })
  })
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  t.after(() => {
    http.closeAllConnections()
    http.close()
  })
  const address = http.address()
  return { seen, port: typeof address === 'object' && address ? address.port : 0 }
}

async function ask(port: number, session: Session, credential?: Credential, target = '/private'): Promise<Exchange> {
  const to = { family: 'ipv4', address: '127.0.0.1', port, tls: false, session } as const
  const client = httpClient(testBench(), to, { milliseconds: 2000 })
  const exchange = await client.send({ method: 'GET', target, ...(credential ? { credential } : {}) })
  client.close()
  return exchange
}
const textOf = (exchange: Exchange): string =>
  exchange.rounds.map((r) => latin1(fromBase64(r.answer.raw))).join('\n') + JSON.stringify(exchange.request)

test('a page with a token, a form, a cookie: the request is made as who logged in, and what lets one in is not shown', async (t) => {
  const { seen, port } = await server(t, ({ method, target, headers, body }, response) => {
    if (target === '/')
      return response
        .setHeader('Set-Cookie', 'before=first-visit-1; Path=/')
        .end('<input name="csrf" value="csrf-1234">')
    if (method === 'POST' && target === '/in') {
      const form = new URLSearchParams(body)
      const known = form.get('csrf') === 'csrf-1234' && headers.cookie === 'before=first-visit-1'
      if (!known || form.get('u') !== RIGHT.user || form.get('p') !== RIGHT.password) return response.end('wrong')
      response.setHeader('Set-Cookie', ['session=c0ffee-c0ffee; HttpOnly; Path=/', 'before=; Max-Age=0'])
      return response.writeHead(302, { Location: '/private' }).end()
    }
    if (target === '/out') return response.end('bye')
    return headers.cookie === 'session=c0ffee-c0ffee'
      ? response.end(`settings for c0ffee-c0ffee`)
      : response.writeHead(302, { Location: '/' }).end()
  })
  const session: Session = {
    page: { target: '/', pattern: 'name="csrf" value="([^"]+)"' },
    logIn: {
      method: 'POST',
      target: '/in',
      contentType: 'application/x-www-form-urlencoded',
      body: 'u={{user}}&p={{password}}&csrf={{page}}',
    },
    logOut: { method: 'GET', target: '/out' },
  }
  const right = await ask(port, session, RIGHT)
  assert.deepEqual(
    seen.map((s) => `${s.method} ${s.target}`),
    ['GET /', 'POST /in', 'GET /private', 'GET /out'],
  )
  assert.equal(answerOf(right)?.status, 200)
  assert.equal(passwordAnswer(right)?.status, 302)
  assert.deepEqual(
    [right.rounds.length, right.request.method, right.request.target, right.request.scheme, right.request.credential],
    [3, 'GET', '/private', 'form', { user: RIGHT.user, secret: 'owner', published: false }],
  )
  assert.doesNotMatch(textOf(right), /c0ffee|csrf-1234|first-visit|p=ä/)
  assert.match(textOf(right), /session=\*{13}; HttpOnly/)
  const wrong = await ask(port, session, WRONG)
  assert.deepEqual([answerOf(wrong)?.status, passwordAnswer(wrong)?.status, wrong.failure], [302, 200, null])
  const anonymous = await ask(port, session)
  assert.deepEqual([answerOf(anonymous)?.status, anonymous.rounds.length, anonymous.request.scheme], [302, 1, 'none'])
})

test('a call with JSON, a hash and a token in a header or in the query', async (t) => {
  const digest = createHash('md5').update(RIGHT.password).digest('hex')
  const { seen, port } = await server(t, ({ target, headers, body }, response) => {
    if (target === '/api/login') {
      const { user, hash } = JSON.parse(body) as Record<string, string>
      return response.end(user === RIGHT.user && hash === digest ? '{"token":"to/ken+123456"}' : '{"error":1}')
    }
    const given = headers.authorization === 'Bearer to/ken+123456' || target === '/private?a=1&t=to%2Fken%2B123456'
    return response.writeHead(given ? 200 : 403).end(given ? 'in' : 'out')
  })
  const logIn: Session['logIn'] = {
    method: 'POST',
    target: '/api/login',
    contentType: 'application/json',
    body: '{"user":"{{user}}","hash":"{{password-md5}}"}',
  }
  const pattern = '"token":"([^"]+)"'
  const byHeader: Session = { logIn, token: { pattern, header: 'Authorization', value: 'Bearer {{token}}' } }
  const byQuery: Session = { logIn, token: { pattern, query: 't' } }
  for (const [session, target] of [
    [byHeader, '/private'],
    [byQuery, '/private?a=1'],
  ] as const) {
    const right = await ask(port, session, RIGHT, target)
    assert.equal(answerOf(right)?.status, 200, seen.at(-1)?.target)
    assert.doesNotMatch(textOf(right), /to\/ken|to%2Fken/)
    assert.equal(answerOf(await ask(port, session, WRONG, target))?.status, 403)
  }
})

test('targets that ask by a challenge are asked so; silence and a page without its token say so', async (t) => {
  const basic = `Basic ${Buffer.from(`${RIGHT.user}:${RIGHT.password}`).toString('base64')}`
  const { port } = await server(t, ({ target, headers }, response) => {
    if (target === '/silent') return undefined
    if (headers.authorization === basic) return response.end('picture')
    return response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end()
  })
  const session: Session = { logIn: { method: 'POST', target: '/in' }, challenged: ['/snapshot'] }
  const picture = await ask(port, session, RIGHT, '/snapshot')
  assert.deepEqual([answerOf(picture)?.status, picture.request.scheme], [200, 'basic'])
  const silent = await ask(port, { logIn: { method: 'POST', target: '/silent' } }, RIGHT)
  assert.deepEqual([silent.failure?.code, answerOf(silent), silent.request.target], ['timeout', null, '/private'])
  const changed = await ask(port, { ...session, page: { target: '/', pattern: 'csrf=(.*)' } }, RIGHT)
  assert.equal(changed.failure?.code, 'lab')
})

const PASSWORDS = { ENROLMENT_OWNER: 'right-9f3a7c', ENROLMENT_SPARE: 'right-51be20' }
const CRITERIA = [
  'authentication/no-default-credentials',
  'authentication/no-anonymous-access',
  'authentication/login-lockout',
  'authentication/no-user-enumeration',
  'authentication/digest-strength',
  'authentication/nonce-unique',
  'encryption/login-encrypted',
]

const statement = (address: string, port: number, user: string): Statement => ({
  camseal: 'statement/1',
  dut: {
    maker: { name: 'Test' },
    model: 'F-1',
    hardware: '1',
    firmware: { version: '1.0', link: 'version-string-only' },
  },
  samples: [{ id: 'a', serial: 'F1-0001', arrives: 'in-service', addresses: { ipv4: address, ipv6: null }, macs: [] }],
  interfaces: [{ id: 'lan', type: 'ethernet' }],
  services: [
    {
      id: 'web',
      transport: 'tcp',
      port,
      protocol: 'https',
      families: ['ipv4'],
      purpose: 'web',
      session: APACHE_SESSION,
    },
  ],
  accounts: [
    { id: 'owner', user, password: { env: 'ENROLMENT_OWNER' }, role: 'administrator' },
    { id: 'spare', user: 'tester', password: { env: 'ENROLMENT_SPARE' }, role: 'viewer', spare: true },
  ],
  logins: [
    { id: 'web', service: 'web', account: 'owner', target: '/private/' },
    { id: 'web-spare', service: 'web', account: 'spare', target: '/private/' },
  ],
  resources: [{ service: 'web', target: '/private/', access: 'protected', holds: 'settings' }],
  bruteForce: [{ login: 'web', protection: 'none', spare: 'spare' }],
  logging: { channels: [] },
  updates: [],
  identity: [{ service: 'web', target: '/private/', account: 'owner', pattern: 'serial (F1-[0-9]+)' }],
  actions: {},
  permit: 'destructive',
})

inPrivateNetwork(import.meta.url, 2, 300, () => {
  for (const [name, user, users, expected] of [
    [
      'a password of its own',
      'keeper',
      { keeper: PASSWORDS.ENROLMENT_OWNER, tester: PASSWORDS.ENROLMENT_SPARE },
      'pass',
    ],
    [
      'a published password beside',
      'keeper',
      { keeper: PASSWORDS.ENROLMENT_OWNER, tester: PASSWORDS.ENROLMENT_SPARE, admin: '12345' },
      'fail',
    ],
  ] as const)
    test(`the main job on Apache with a log-in by form: ${name}`, { timeout: 200_000 }, async (t) => {
      if (!has('apache2', 'openssl', 'unshare')) return t.skip('needs apache2')
      const directory = join(work, expected)
      mkdirSync(directory)
      const [address, port] = [`127.81.0.${expected === 'pass' ? 1 : 2}`, 8443]
      const apache = await apacheForm(address, port, users)
      t.after(() => apache.stop())
      writeFileSync(join(directory, 'statement.yaml'), stringify(statement(address, port, user)))
      const out = join(directory, 'out')
      const ran = await camseal(
        [
          ...[
            'run',
            '--statement',
            join(directory, 'statement.yaml'),
            '--out',
            out,
            '--rehearsal',
            '--ports',
            'declared',
            '--json',
            '--pace',
            'fast',
          ],
          ...['--regulation', writeRegulation(join(directory, 'few.yaml'), CRITERIA)],
        ],
        { env: { ...PASSWORDS, CAMSEAL_STATE: join(directory, 'bench') }, seconds: 180 },
      )
      assert.equal(ran.code, 1, ran.stdout.slice(-2000) + ran.stderr)
      const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report
      const found = report.verdicts.judgements.map((j) => `${j.criterion} ${j.subject}: ${j.verdict}`)
      const of = (criterion: string): string[] =>
        report.verdicts.judgements.filter((j) => j.criterion === criterion).map((j) => j.verdict)
      assert.deepEqual(
        [...new Set(of('authentication/no-default-credentials'))],
        expected === 'pass' ? ['pass'] : ['fail', 'pass'],
        found.join('\n'),
      )
      for (const criterion of CRITERIA.slice(1))
        for (const verdict of of(criterion))
          assert.equal(verdict, criterion === 'authentication/login-lockout' ? 'fail' : 'pass', found.join('\n'))
      assert.deepEqual(
        CRITERIA.filter((c) => of(c).length === 0),
        [],
      )
      // Nothing that opens the door is kept.
      const cookie = /session=(?!\*)[A-Za-z0-9+/]{8}/
      for (const name of readdirSync(join(out, 'objects'), { recursive: true, withFileTypes: true }))
        if (name.isFile()) {
          const text = readFileSync(join(name.parentPath, name.name), 'latin1')
          const raws = [...text.matchAll(/"raw":"([^"]*)"/g)].map(([, raw = '']) => latin1(fromBase64(raw)))
          for (const one of [text, ...raws]) {
            assert.doesNotMatch(one, cookie)
            assert.ok(!Object.values(PASSWORDS).some((p) => one.includes(p)))
          }
        }
    })
})
