import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { authorize, preferred } from '../lab/instruments/digest.ts'
import { httpClient, type HttpClient } from '../lab/instruments/http.ts'
import type { ClientOptions } from '../lab/instruments/conversation.ts'
import type { Bench, Credential } from '../lab/probe.ts'
import { makeRedactor } from '../lab/redact.ts'
import { answerOf } from '../suites/facts/answer.ts'
import { fromBase64, latin1 } from '../suites/facts/bytes.ts'
import { challengesOf, parseChallenges } from '../suites/facts/challenge.ts'
import { headerOf, headersOf, messageEnd, parseMessage } from '../suites/facts/http-message.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import { testBench } from './support/bench.ts'
import { always, rawServer, type Answering, type RawServer } from './support/raw-server.ts'
import { busyboxHttpd, has, lighttpdDigest, nginx, pythonHttp } from './support/software.ts'

const LIMIT = { timeout: 60_000 }
const RIGHT: Credential = { user: 'admin', password: 'Right-8473', secret: 'owner', published: false }
const WRONG: Credential = { ...RIGHT, password: 'Wrong-1111' }
const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0))
const bodyOf = (exchange: Exchange): string => latin1(answerOf(exchange)?.body ?? new Uint8Array())
const statuses = (exchange: Exchange): number[] =>
  exchange.rounds.map((r) => parseMessage(fromBase64(r.answer.raw)).status)

function clientFor(t: TestContext, port: number, options: ClientOptions = {}, bench: Bench = testBench()): HttpClient {
  const client = httpClient(
    bench,
    { family: 'ipv4', address: '127.0.0.1', port, tls: false },
    { milliseconds: 1500, ...options },
  )
  t.after(() => client.close())
  return client
}

async function against(
  t: TestContext,
  answering: Answering,
  options: ClientOptions = {},
  bench?: Bench,
): Promise<{ client: HttpClient; server: RawServer }> {
  const server = await rawServer(answering)
  t.after(() => server.stop())
  return { client: clientFor(t, server.port, options, bench), server }
}

const get = (client: HttpClient, target = '/', credential?: Credential): Promise<Exchange> =>
  client.send({ method: 'GET', target, ...(credential ? { credential } : {}) })

test('digest answers are those of RFC 7616 section 3.9.1 and RFC 2617 section 3.5', () => {
  const user = { user: 'Mufasa', password: 'Circle of Life' }
  const request = { method: 'GET', uri: '/dir/index.html' }
  const rest =
    'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
  const challenges = parseChallenges(`Digest ${rest}, algorithm=MD5, Digest ${rest}, algorithm=SHA-256`)
  assert.equal(challenges.length, 2)
  const [md5, sha] = challenges
  assert.ok(md5 && sha)
  assert.equal(preferred(challenges), sha)
  const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ'
  assert.match(authorize(md5, user, request, 1, cnonce).value, /response="8ca523f5e9506fed4657c9700eebdbec"/)
  const answer = authorize(sha, user, request, 1, cnonce)
  assert.equal(answer.scheme, 'digest-sha-256')
  assert.match(answer.value, /response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"/)
  assert.match(answer.value, /nc=00000001/)
  const [old] = parseChallenges(
    'Digest realm="testrealm@host.com", qop="auth", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
  )
  assert.ok(old)
  assert.match(
    authorize(old, { user: 'Mufasa', password: 'Circle Of Life' }, request, 1, '0a4f113b').value,
    /response="6629fae49393a05397450978507c4ef1"/,
  )
})

test('where only auth-int is offered the body is covered too (RFC 7616 section 3.4.3)', async () => {
  // What curl 7.88 sent a server that asks for SHA-256 with auth-int only, and the server took.
  const [challenge] = parseChallenges(
    'Digest realm="wall", nonce="0a1b2c3d4e5f60718293a4b5c6d7e8f9", algorithm=SHA-256, qop="auth-int", opaque="o"',
  )
  assert.ok(challenge)
  assert.equal(preferred([challenge]), challenge)
  const user = { user: 'operator1', password: 'Xk9-0123456789ab' }
  const sha = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex')
  const body = bytes('{"value":"gate"}')
  for (const [method, entity] of [
    ['GET', undefined],
    ['POST', body],
    ['POST', { md5: 'unused', sha256: sha(body) }],
  ] as const) {
    const { value } = authorize(challenge, user, { method, uri: '/set', entity }, 1, 'c0ffee')
    const a1 = sha('operator1:wall:Xk9-0123456789ab')
    const a2 = sha(`${method}:/set:${sha(entity ? body : '')}`)
    const response = sha(`${a1}:0a1b2c3d4e5f60718293a4b5c6d7e8f9:00000001:c0ffee:auth-int:${a2}`)
    assert.ok(value.includes(`response="${response}"`) && value.includes('qop=auth-int, nc=00000001'), value)
  }
  const both = parseChallenges('Digest realm="x", nonce="n", qop="auth-int,auth"')
  assert.match(authorize(both[0] ?? challenge, user, { method: 'GET', uri: '/' }).value, /qop=auth,/)
})

test('an algorithm or a qop that nobody here knows is not answered', () => {
  for (const value of [
    'Digest realm="x", nonce="n", algorithm=SHA-512-256',
    'Digest realm="x", nonce="n", qop="auth-conf"',
    'Negotiate',
    'Digest realm="x"',
  ])
    assert.equal(preferred(parseChallenges(value)), null, value)
  assert.equal(
    preferred(parseChallenges('Digest realm="x", nonce="n", algorithm=SHA-512-256, Basic realm="x"'))?.scheme,
    'basic',
  )
})

test('challenges: several in one header, quoted commas, strange spaces', () => {
  const schemes = (value: string): string[] => parseChallenges(value).map((c) => c.scheme)
  assert.deepEqual(schemes('Basic realm="a, b", Digest realm="x", nonce="y"'), ['basic', 'digest'])
  assert.deepEqual(schemes('Negotiate YIIabcdefghijklmnopqrstuvwxyz==, Basic realm=a'), ['negotiate', 'basic'])
  const [one] = parseChallenges('Digest  realm = "IP \\"Cam\\"" ,nonce=abc,  stale=TRUE')
  assert.deepEqual({ ...one?.parameters }, { realm: 'IP "Cam"', nonce: 'abc', stale: 'TRUE' })
})

test(
  'lighttpd: one challenge, one answer; the accepted nonce serves the next request; a wrong password goes out once',
  LIMIT,
  async (t) => {
    if (!has('lighttpd')) return t.skip('needs lighttpd')
    const server = await lighttpdDigest({ 'index.html': '<p>inside</p>' }, '/', { admin: RIGHT.password })
    t.after(() => server.stop())
    const client = clientFor(t, server.port)
    const first = await get(client, '/', RIGHT)
    assert.deepEqual(statuses(first), [401, 200])
    assert.equal(first.request.scheme, 'digest-md5')
    assert.equal(bodyOf(first), '<p>inside</p>')
    const second = await get(client, '/', RIGHT)
    assert.deepEqual(statuses(second), [200])
    assert.equal(second.connection, first.connection)
    const wrong = await get(client, '/', WRONG)
    assert.deepEqual(statuses(wrong), [401, 401])
    const [, authorization] = wrong.request.headers.find(([n]) => n === 'Authorization') ?? []
    assert.match(authorization ?? '', /^\*{100,}$/)
    assert.deepEqual(statuses(await get(client, '/', RIGHT)), [401, 200])
  },
)

test('nginx: Basic, keep-alive, redirects are not followed, long answers are cut', LIMIT, async (t) => {
  if (!has('nginx')) return t.skip('needs nginx')
  const server = await nginx(
    { 'index.html': 'start', 'private/index.html': 'private', 'big.bin': Buffer.alloc(300_000, 'x') },
    { user: 'admin', password: RIGHT.password },
  )
  t.after(() => server.stop())
  const client = clientFor(t, server.port)
  assert.equal(bodyOf(await get(client)), 'start')
  const inside = await get(client, '/private/', RIGHT)
  assert.deepEqual(statuses(inside), [401, 200])
  assert.equal(inside.connection, 0)
  assert.equal(inside.request.scheme, 'basic')
  assert.deepEqual(statuses(await get(client, '/private/', WRONG)), [401])
  const moved = await get(client, '/elsewhere')
  assert.deepEqual(statuses(moved), [302])
  assert.equal(headerOf(answerOf(moved)!, 'location'), 'http://127.0.0.1:1/')
  const big = await get(client, '/big.bin')
  assert.equal(big.rounds[0]?.answer.end, 'too-long')
  assert.equal(fromBase64(big.rounds[0]!.answer.raw).length, 65_536)
  assert.deepEqual(statuses(await get(client)), [200])
})

test('busybox httpd and python: HTTP/1.0 and connections that close after every answer', LIMIT, async (t) => {
  if (!has('busybox')) return t.skip('needs busybox')
  const files = { 'index.html': 'start', 'private/a.txt': 'private' }
  const box = await busyboxHttpd(files, ['/private:admin:Right-8473'])
  t.after(() => box.stop())
  const client = clientFor(t, box.port)
  assert.deepEqual(statuses(await get(client, '/private/a.txt', RIGHT)), [401, 200])
  assert.deepEqual(statuses(await get(client, '/private/a.txt', WRONG)), [401])
  assert.equal(bodyOf(await get(client)), 'start')
  const python = await pythonHttp(files).catch(() => null)
  if (!python) return t.diagnostic('no python3: only busybox was asked')
  t.after(() => python.stop())
  const other = clientFor(t, python.port)
  assert.equal(bodyOf(await get(other)), 'start')
  assert.equal(bodyOf(await get(other, '/private/a.txt')), 'private')
})

const READ: [string, string, string, number][] = [
  ['LF alone', 'HTTP/1.1 200 OK\nContent-Length: 4\n\nbody', 'body', 200],
  ['doubled Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nbody', 'body', 200],
  [
    'contradicting Content-Length',
    'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 9\r\n\r\nbody',
    'body',
    200,
  ],
  [
    'chunked with extension and trailer',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nbo\r\n2\r\ndy\r\n0\r\nX: 1\r\n\r\n',
    'body',
    200,
  ],
  ['chunked with LF alone', 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n4\nbody\n0\n\n', 'body', 200],
  [
    'interim answers first',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody',
    'body',
    200,
  ],
  ['empty lines first', '\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody', 'body', 200],
  [
    'control characters and a line without a colon',
    'HTTP/1.1 200 O\x01K\r\nX-A\x00B: \x07\r\nnonsense\r\nContent-Length: 4\r\n\r\nbody',
    'body',
    200,
  ],
  ['no reason phrase', 'HTTP/1.0 404\r\nContent-Length: 4\r\n\r\nbody', 'body', 404],
  ['204 with a length', 'HTTP/1.1 204 No Content\r\nContent-Length: 10\r\n\r\n', '', 204],
  ['another protocol', 'RTSP/1.0 400 Bad Request\r\nCSeq: 0\r\n\r\n', '', 400],
]
for (const [name, answer, body, status] of READ)
  test(`reads an answer with ${name}`, LIMIT, async (t) => {
    const { client } = await against(t, always(answer))
    const exchange = await get(client)
    assert.equal(exchange.failure, null)
    assert.equal(exchange.rounds[0]?.answer.end, 'complete')
    assert.equal(answerOf(exchange)?.status, status)
    assert.equal(bodyOf(exchange), body)
  })

const BROKEN: [string, Answering, { end?: string; failure?: string; body?: string }][] = [
  ['no length, until it closes', (s) => s.end('HTTP/1.1 200 OK\r\n\r\nbody'), { end: 'closed', body: 'body' }],
  [
    'closing in the middle',
    (s) => s.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'),
    { end: 'closed', body: 'half' },
  ],
  ['closing in the head', (s) => s.end('HTTP/1.1 200 OK\r\nContent-Le'), { end: 'closed', body: '' }],
  ['garbage', (s) => s.end(Buffer.from([0, 255, 1, 2, 10, 10, 13, 10])), { end: 'closed' }],
  [
    'a chunk size that is none',
    (s) => s.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nbody'),
    { end: 'closed', body: 'zz\r\nbody' },
  ],
  ['closing at once', (s) => s.destroy(), { failure: 'closed' }],
  ['resetting', (s) => s.resetAndDestroy(), { failure: 'reset' }],
  ['silence', () => undefined, { failure: 'timeout' }],
  ['silence after the head', (s) => void s.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'), { end: 'timeout' }],
  [
    'one byte now and then',
    (s) => {
      let at = 0
      const timer = setInterval(
        () => s.write('HTTP/1.1 200 OK\r\nX: 1234567890123456789012345678901234567890'.charAt(at++) || 'x'),
        60,
      )
      s.once('close', () => clearInterval(timer))
    },
    { end: 'timeout' },
  ],
  [
    'a stream without end',
    (s) => {
      s.write('HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n')
      const timer = setInterval(() => s.write(Buffer.alloc(20_000, 'v')), 5)
      s.once('close', () => clearInterval(timer))
    },
    { end: 'too-long' },
  ],
]
for (const [name, answering, expected] of BROKEN)
  test(`ends in time with ${name}`, LIMIT, async (t) => {
    const bench = testBench()
    const { client } = await against(t, answering, { milliseconds: 1000 }, bench)
    const began = performance.now()
    const exchange = await get(client)
    assert.ok(performance.now() - began < 4000)
    if (expected.failure) assert.equal(exchange.failure?.code, expected.failure)
    else {
      assert.equal(exchange.failure, null)
      assert.equal(exchange.rounds[0]?.answer.end, expected.end)
    }
    if (expected.body !== undefined) assert.equal(bodyOf(exchange), expected.body)
    client.close()
    await new Promise((done) => setTimeout(done, 50))
    assert.equal(bench.open(), 0, 'every place in the budget was given back')
  })

test('a port where nothing listens is refused, and a cancelled run ends in time', LIMIT, async (t) => {
  const server = await rawServer(() => undefined)
  await server.stop()
  assert.equal((await get(clientFor(t, server.port))).failure?.code, 'refused')
  const bench = testBench()
  const { client } = await against(t, () => undefined, { milliseconds: 1500 }, bench)
  const began = performance.now()
  setTimeout(() => bench.abort(), 100)
  assert.equal((await get(client)).failure?.code, 'timeout')
  assert.ok(performance.now() - began < 2500)
})

const challenge = (parameters: string): string =>
  `HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: ${parameters}\r\nContent-Length: 0\r\n\r\n`

test('a device that calls every nonce stale ends the exchange after one more try', LIMIT, async (t) => {
  const { client, server } = await against(t, always(challenge('Digest realm="r", nonce="n", qop="auth", stale=true')))
  assert.deepEqual(statuses(await get(client, '/', RIGHT)), [401, 401, 401])
  const presented = server.requests.filter((r) => /^Authorization:/m.test(r)).length
  assert.equal(presented, 2)
})

test('a refused password is presented once, and the next one answers the last challenge at once', LIMIT, async (t) => {
  let n = 0
  const { client, server } = await against(
    t,
    (s) => void s.write(challenge(`Digest realm="r", nonce="n${n++}", qop="auth"`)),
  )
  assert.deepEqual(statuses(await get(client, '/', WRONG)), [401, 401])
  assert.deepEqual(statuses(await get(client, '/', { ...WRONG, password: 'Wrong-2222' })), [401])
  assert.deepEqual(statuses(await get(client, '/', { ...WRONG, password: 'Wrong-3333' })), [401])
  assert.equal(server.connections(), 1)
  const nonces = server.requests.map((r) => /nonce="(n\d+)"/.exec(r)?.[1])
  assert.deepEqual(nonces, [undefined, 'n0', 'n1', 'n2'])
})

test('the strongest challenge is answered: SHA-256 of several headers', LIMIT, async (t) => {
  const { client, server } = await against(
    t,
    always(
      'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="r"\r\nWWW-Authenticate: Digest realm="r", nonce="m", algorithm=MD5\r\n' +
        'WWW-Authenticate: Digest realm="r", nonce="s", algorithm=SHA-256-sess, qop="auth"\r\nContent-Length: 0\r\n\r\n',
    ),
  )
  const exchange = await get(client, '/', WRONG)
  assert.equal(exchange.request.scheme, 'digest-sha-256')
  assert.equal(challengesOf(answerOf(exchange)!).length, 3)
  assert.match(server.requests[1] ?? '', /nonce="s".*algorithm=SHA-256-sess/)
})

test(
  'a kept connection that was closed costs an empty round and no wrong answer; POST goes out on a new one, once',
  LIMIT,
  async (t) => {
    const { client, server } = await against(t, (socket, _request, index) => {
      if (index === 1) socket.destroy()
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    await get(client)
    const again = await get(client)
    assert.deepEqual(
      again.rounds.map((r) => r.answer.length),
      [0, 40],
    )
    assert.equal(again.failure, null)
    const posted = await client.send({ method: 'POST', target: '/x', body: bytes('abc') })
    assert.equal(posted.request.bodyBytes, 3)
    assert.equal(posted.connection, 2)
    assert.match(server.requests.at(-1) ?? '', /^POST \/x HTTP\/1\.1\r\n[^]*Content-Length: 3/)
  },
)

test(
  'secrets do not reach the record: not in answers, targets or headers, nor cut in half at its end',
  LIMIT,
  async (t) => {
    const secret = 'Sup3r-Secret-Passw0rd'
    const redact = makeRedactor(() => [{ name: 'owner', value: secret }])
    const padding = 'x'.repeat(65_536 - 60)
    const { client } = await against(
      t,
      always(`HTTP/1.1 200 OK\r\nContent-Length: ${padding.length + secret.length}\r\n\r\n${padding}${secret}`),
      {},
      testBench(undefined, { redact }),
    )
    const exchange = await client.send({
      method: 'GET',
      target: `/?pw=${secret}`,
      headers: [
        ['X-Key', secret],
        ['Cookie', 'id=1'],
      ],
    })
    const record = JSON.stringify(exchange) + exchange.rounds.map((r) => latin1(fromBase64(r.answer.raw))).join()
    for (let length = 10; length <= secret.length; length++) assert.ok(!record.includes(secret.slice(0, length)))
    assert.match(record, /secret:owner/)
    assert.ok(exchange.request.headers.some(([n, v]) => n === 'Cookie' && v === '****'))
  },
)

test('header lookup, and how many bytes belong to an answer', () => {
  const raw = bytes('HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nset-cookie: b\r\nX: 1\r\n  2\r\nContent-Length: 1\r\n\r\nAB')
  const message = parseMessage(raw)
  assert.deepEqual(headersOf(message, 'set-cookie'), ['a', 'b'])
  assert.equal(headerOf(message, 'x'), '1 2')
  assert.equal(messageEnd(raw, 'GET'), raw.length - 1)
  assert.equal(messageEnd(raw, 'HEAD'), raw.length - 2)
  assert.equal(messageEnd(bytes('HTTP/1.1 100 Continue\r\n\r\n'), 'GET'), null)
  assert.equal(messageEnd(bytes('SSH-2.0-x\r\n\r\n'), 'GET'), null)
})
