import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { tricksFor } from '../lab/probes/http-bypasses.ts'
import { probe } from '../lab/probes/http-anonymous.ts'
import { criterion } from '../suites/authentication/no-anonymous-access.ts'
import { answerOf } from '../suites/facts/answer.ts'
import { bypassOf, isTelling } from '../suites/facts/bypass.ts'
import { parseMessage, type HttpMessage } from '../suites/facts/http-message.ts'
import type { HttpAnonymous } from '../suites/observations/http-anonymous.ts'
import type { BruteForce } from '../suites/statement.ts'
import { catalogueData, judged, misfits } from './support/authentication.ts'
import { emptyStatement, testBench } from './support/bench.ts'
import { doorOf } from './support/door.ts'
import { busyboxHttpd, has, lighttpdDigest, nginx } from './support/software.ts'

const LIMIT = { timeout: 60_000 }
const USUAL = ['protected-refused', 'paths-give-nothing']
const without = (codes: string[]): string[] => codes.filter((c) => !USUAL.includes(c))

test('no changed request gets round the log-in of the conforming camera', LIMIT, async (t) => {
  const door = await doorOf(t, 80)
  const seen = await door.seen(probe)
  const sound = door.judged(criterion, seen)
  assert.deepEqual([sound.verdict, without(sound.codes)], ['pass', new Array<string>(3).fill('bypasses-refused')])
  const tried = seen.value.visits.filter((v) => v.bypasses)
  assert.deepEqual(
    tried.map((v) => v.holds),
    ['page', 'snapshot', 'identity'],
  )
  assert.ok(tried.every((v) => (v.bypasses?.tries.length ?? 0) >= 20))
  const changed = (change: (tried: HttpAnonymous['visits'][number], v: HttpAnonymous) => void): [string, string[]] => {
    const { verdict, codes } = door.judged(criterion, seen, {
      change: (v) =>
        change(
          v.visits.find((one) => one.holds === 'identity' && one.bypasses)!,
          v,
        ),
    })
    return [verdict, without(codes).filter((c) => c !== 'bypasses-refused')]
  }
  assert.deepEqual(
    changed((one) => (one.bypasses!.tries[3]!.exchange = one.genuine!)),
    ['fail', ['bypassed']],
  )
  assert.deepEqual(
    changed((one) => {
      one.bypasses!.tries[3]!.exchange = one.genuine!
      one.bypasses!.again = one.genuine!
    }),
    ['inconclusive', ['open-after-log-in']],
    'whoever comes from the address of somebody logged in',
  )
  assert.deepEqual(
    changed((one, v) => {
      one.bypasses!.tries[3]!.exchange = one.genuine!
      v.decoyTries![3]!.exchange = one.genuine!
    }),
    ['pass', []],
    'everybody gets that for anything',
  )
  assert.deepEqual(
    changed((one) => (one.bypasses!.after = one.anonymous)),
    ['inconclusive', ['bypasses-unproven']],
  )
  assert.deepEqual(
    changed((one) => (one.bypasses!.tries = [])),
    ['inconclusive', ['bypasses-unproven']],
  )
  const cut = structuredClone(seen.value.visits.find((v) => v.holds === 'identity')!.genuine!)
  cut.rounds.at(-1)!.answer = {
    raw: Buffer.from('HTTP/1.1 200 OK\r\n\r\n{"mo').toString('base64'),
    length: 23,
    end: 'timeout',
  }
  assert.deepEqual(
    changed((one) => (one.bypasses!.tries[3]!.exchange = cut)),
    ['inconclusive', ['bypass-unclear']],
  )
})

test('a camera that asks for no log-in where an address ends like a style sheet fails', LIMIT, async (t) => {
  const door = await doorOf(t, 81, { weaknesses: ['log-in-skipped-for-suffix'] })
  const { verdict, codes, findings } = door.judged(criterion, await door.seen(probe))
  assert.deepEqual([verdict, [...new Set(without(codes))]], ['fail', ['bypassed']])
  assert.deepEqual(
    [...new Set(findings.filter((f) => f.is === 'violation').map((f) => f.message.values['how']))],
    ['GET /live/x.css', 'GET /snapshot.jpg/x.css', 'GET /api/device/x.css'],
  )
})

interface Said {
  status?: number
  body: string
  headers?: Record<string, string>
}
type Answers = (request: IncomingMessage, isRight: boolean) => Said | null

const PAGE =
  '<html><head><title>Settings</title></head><body>Name: front door. Server: log.example. Zone: seven.</body></html>'
const NO: Said = { status: 401, body: 'log-in required', headers: { 'WWW-Authenticate': 'Basic realm="x"' } }
const NOT_FOUND: Said = { status: 404, body: 'not found' }
const RIGHT = `Basic ${Buffer.from('admin:Abc-123-xyz').toString('base64')}`

/** What the criterion says of a camera with one protected page; the answer null closes the connection without a word. */
async function judgedAt(t: TestContext, answers: Answers, bruteForce: BruteForce[] = []) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const said = answers(request, request.headers.authorization === RIGHT)
    if (said === null) return void request.socket.destroy()
    response.writeHead(said.status ?? 200, { 'Content-Type': 'text/html', ...said.headers })
    response.end(said.body, 'latin1')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { codes, verdict, findings } = await judgedPort((server.address() as AddressInfo).port, bruteForce)
  const how = findings.filter((f) => f.is === 'violation').map((f) => String(f.message.values['how']))
  return { said: [verdict, ...without(codes)].join(' '), how, asked }
}

async function judgedPort(port: number, bruteForce: BruteForce[] = []) {
  const statement = emptyStatement({
    services: [{ id: 'web', transport: 'tcp', port, protocol: 'http', families: ['ipv4'], purpose: 'web' }],
    accounts: [{ id: 'owner', user: 'admin', password: { env: 'X' }, role: 'administrator' }],
    logins: [{ id: 'web', service: 'web', account: 'owner', target: '/private/set.html' }],
    resources: [{ service: 'web', target: '/private/set.html', access: 'protected', holds: 'settings' }],
    bruteForce,
  })
  const bench = testBench(statement, { catalogue: catalogueData, secrets: { owner: 'Abc-123-xyz' } })
  const seen = await probe.run(bench, `a/ipv4/${String(port).padStart(5, '0')}`)
  assert.deepEqual(misfits(probe.kind, seen), [])
  assert.ok(seen.answered)
  const tried = seen.value.visits.flatMap((v) => v.bypasses?.tries ?? [])
  return { ...judged(criterion, seen, { statement }), tried }
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.replace(/[?;].*$/, '')
const protects =
  (
    isOpen: (request: IncomingMessage) => boolean,
    isPage: (path: string) => boolean = (p) => p === '/private/set.html',
  ) =>
  (request: IncomingMessage, isRight: boolean): Said =>
    !isPage(pathOf(request)) ? NOT_FOUND : isRight || isOpen(request) ? { body: PAGE } : NO

test('each way round the log-in of some camera is found, and named', LIMIT, async (t) => {
  const headers: [string, Answers, RegExp][] = [
    ['a query', protects(({ url }) => url?.includes('auth=') ?? false), /^GET \/private\/set\.html\?auth=1$/],
    ['a path parameter', protects(({ url }) => url?.includes(';') ?? false), /;jsessionid=1$/],
    ['a cookie', protects(({ headers: h }) => /uid=admin/.test(h.cookie ?? '')), /^Cookie: /],
    ['a forged address', protects(({ headers: h }) => h['x-forwarded-for'] === '127.0.0.1'), /^X-Forwarded-For/],
    ['an empty log-in', protects(({ headers: h }) => h.authorization === 'Basic Og=='), /^Authorization: Basic Og==$/],
    ['an empty Digest', protects(({ headers: h }) => /^Digest/.test(h.authorization ?? '')), /^Authorization: Digest/],
    [
      'a doubled slash',
      protects(
        ({ url }) => url?.startsWith('//') ?? false,
        (path) => path.replace(/^\/+/, '/') === '/private/set.html',
      ),
      /^GET \/\/private/,
    ],
    [
      'another case',
      protects(
        ({ url }) => url !== url?.toLowerCase(),
        (path) => path.toLowerCase() === '/private/set.html',
      ),
      /^GET \/PRIVATE\/SET\.HTML$/,
    ],
    [
      'an encoded letter',
      protects(
        ({ url }) => url?.includes('%73') ?? false,
        (path) => decodeURIComponent(path) === '/private/set.html',
      ),
      /^GET \/private\/%73et\.html$/,
    ],
    [
      'a rewritten address',
      (request, isRight) =>
        request.headers['x-original-url'] === '/private/set.html'
          ? { body: PAGE }
          : protects(() => false)(request, isRight),
      /^X-Original-URL/,
    ],
  ]
  for (const [name, answers, wanted] of headers) {
    const { said, how } = await judgedAt(t, answers)
    assert.match(said, /^fail bypassed/, name)
    assert.ok(
      how.some((h) => wanted.test(h)),
      `${name}: ${how.join()}`,
    )
  }
})

test('sound cameras with manners of their own are not accused', LIMIT, async (t) => {
  const sound = protects(() => false)
  const shell = PAGE.replace('front door', 'loading')
  const cases: [string, Answers, string?][] = [
    ['plain', sound],
    [
      'closes without a word on what it calls an attack',
      (r, ok) => (r.method !== 'GET' || /[%;]|\/\/|x\.css/.test(r.url ?? '') ? null : sound(r, ok)),
    ],
    [
      'a shell for every address, the page inside behind a log-in',
      (r, ok) => (pathOf(r) === '/private/set.html' ? sound(r, ok) : { body: shell }),
    ],
    [
      'a page of its own for every fault, with 200',
      (r, ok) =>
        pathOf(r) === '/private/set.html' ? sound(r, ok) : { body: `<html>Nothing is called ${r.url}</html>` },
    ],
    [
      'everything without log-in leads to the form',
      (r, ok) =>
        ok && pathOf(r) === '/private/set.html'
          ? { body: PAGE }
          : /set|private/.test(r.url ?? '')
            ? { ...NO, body: '<form>Name <input type="password"></form>' }
            : { status: 302, body: '', headers: { Location: '/form' } },
    ],
  ]
  for (const [name, answers, expected = 'pass bypasses-refused'] of cases)
    assert.equal((await judgedAt(t, answers)).said, expected, name)
})

test('servers of others that protect a folder are not got round, however they read an address', LIMIT, async (t) => {
  if (!has('busybox', 'lighttpd', 'nginx')) return t.skip('needs busybox, lighttpd and nginx')
  const pages = { 'index.html': '<html>Start here, dear guest</html>', 'private/set.html': PAGE }
  const password = 'Abc-123-xyz'
  for (const server of [
    await busyboxHttpd(pages, [`/private:admin:${password}`]),
    await lighttpdDigest(pages, '/private/', { admin: password }),
    await nginx(pages, { user: 'admin', password }),
  ]) {
    t.after(() => server.stop())
    const { verdict, codes, tried } = await judgedPort(server.port)
    assert.deepEqual([verdict, without(codes)], ['pass', ['bypasses-refused']])
    assert.ok(
      tried.filter(({ exchange }) => answerOf(exchange)?.status === 401).length >= 12,
      'most of them reach the page',
    )
  }
})

test('a camera that knows whoever logged in by the address is named, and not for a way round', LIMIT, async (t) => {
  let isKnown = false
  const { said } = await judgedAt(t, (request, isRight) => {
    isKnown ||= isRight
    return protects(() => isKnown)(request, isRight)
  })
  assert.equal(said, 'inconclusive open-after-log-in')
})

test('a camera that has enough of the questions is left alone, and nothing is concluded', LIMIT, async (t) => {
  let refused = 0
  const answers: Answers = (request, isRight) => {
    if (refused >= 6) return { status: 403, body: 'come back later' }
    const said = protects(() => false)(request, isRight)
    if (said.status === 401 && request.headers.authorization === undefined) refused++
    return said
  }
  const rule = { login: 'web', protection: 'lock' as const, failures: 6, lockSeconds: 0, scope: 'address' as const }
  const { said, asked } = await judgedAt(t, answers, [rule])
  assert.match(said, /^inconclusive bypasses-unproven/)
  const isTried = (a: string) => /set\.html/i.test(a) && !a.startsWith('GET /private/set.html ')
  assert.ok(asked.filter(isTried).length <= 12, `${asked.filter(isTried).length}`)
})

test('pictures are compared by their kind alone, and so may be everybody’s', () => {
  const message = (status: number, body: string): HttpMessage =>
    parseMessage(Buffer.from(`HTTP/1.1 ${status} X\r\n\r\n${body}`, 'latin1'))
  const jpeg = (text: string) => message(200, `\xff\xd8\xff\xe0 ${text} of a street at noon`)
  const [genuine, anonymous] = [jpeg('picture'), message(401, 'log-in required')]
  const of = (answer: HttpMessage | null, ...nothing: HttpMessage[]) =>
    bypassOf(answer, { genuine, anonymous, nothing: [message(404, 'not found'), ...nothing] })
  assert.equal(of(jpeg('another')), 'given')
  assert.equal(of(jpeg('another'), jpeg('placeholder')), 'maybe')
  assert.equal(of(message(404, 'not found')), 'not-given')
  assert.equal(of(message(302, '')), 'not-given')
  assert.equal(of(null), 'not-given')
  assert.equal(isTelling(genuine, anonymous), true)
  assert.equal(isTelling(message(200, 'OK'), anonymous), false, 'too little to tell')
  assert.equal(isTelling(genuine, jpeg('other')), false)
  assert.equal(isTelling(message(401, 'log-in required for this'), anonymous), false)
})

test('changed requests hold no name and no password, and are all different', () => {
  for (const target of ['/', '/a', '/a/b.jpg?c=1', '/cgi-bin/x.cgi?', '/é']) {
    const tricks = tricksFor(target, 'http://192.0.2.1')
    assert.equal(new Set(tricks.map((t) => t.how)).size, tricks.length)
    for (const { asked } of tricks) {
      assert.ok(asked.credential === undefined && asked.body === undefined)
      assert.ok(!(asked.headers ?? []).some(([name]) => name === 'Authorization'))
      assert.ok(['GET', 'get', 'CAMSEAL'].includes(asked.method))
      const isPlain = asked.method === 'GET' && asked.target === target && asked.headers === undefined
      assert.ok(!isPlain, `${target} is not asked for as it is`)
    }
  }
})
