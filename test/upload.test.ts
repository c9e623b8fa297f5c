import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { perform } from '../lab/actions.ts'
import { bodyOf, bytesOf, cut, flipped, isUniform, ropeLength, ropeOf, sha256Of, zeroed } from '../lab/packages/rope.ts'
import type { Credential } from '../lab/probe.ts'
import type { Statement } from '../suites/statement.ts'
import { answerOf } from '../suites/facts/answer.ts'
import { emptyStatement } from './support/bench.ts'
import { liveBench } from './support/live-bench.ts'

/** A package is large: it goes out once, as a stream, whatever way the device asks for the log-in. */
const directory = mkdtempSync(join(tmpdir(), 'camseal-upload-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const md5 = (text: string) => createHash('md5').update(text).digest('hex')

interface Manners {
  scheme: 'basic' | 'digest'
  /** A nonce is good for one request. */
  once?: boolean
  /** A nonce is good on the connection that asked for it. */
  bound?: boolean
  /** The upload has a realm of its own. */
  otherRealm?: boolean
  /** The first nonce presented for an upload has had its day. */
  stale?: boolean
  /** The log-in page is open. */
  openPage?: boolean
  /** Knows nothing of expectations: neither says 100 nor refuses early. */
  ignoresExpect?: boolean
  /** 417 to every expectation. */
  refusesExpect?: boolean
}

interface Seen {
  target: string
  authorized: boolean
  bytes: number
  sha256: string
}

async function device(manners: Manners) {
  const seen: Seen[] = []
  const nonces = new Map<string, { socket: unknown; used: boolean }>()
  let isStale = manners.stale ?? false
  const challenge = (request: IncomingMessage, stale: boolean): string => {
    const realm = manners.otherRealm && request.url === '/upload' ? 'updates' : 'camera'
    if (manners.scheme === 'basic') return `Basic realm="${realm}"`
    const nonce = randomBytes(8).toString('hex')
    nonces.set(nonce, { socket: request.socket, used: false })
    return `Digest realm="${realm}", nonce="${nonce}", qop="auth"${stale ? ', stale=true' : ''}`
  }
  const proves = (request: IncomingMessage): 'yes' | 'no' | 'stale' => {
    const given = request.headers.authorization ?? ''
    if (manners.scheme === 'basic') return given === `Basic ${btoa('admin:right')}` ? 'yes' : 'no'
    const field = (name: string) => new RegExp(`${name}="?([^",]+)`).exec(given)?.[1] ?? ''
    const realm = manners.otherRealm && request.url === '/upload' ? 'updates' : 'camera'
    const known = nonces.get(field('nonce'))
    if (!known || (manners.once && known.used)) return 'no'
    if (manners.bound && known.socket !== request.socket) return 'no'
    known.used = true
    const ha1 = md5(`admin:${realm}:right`)
    const ha2 = md5(`${request.method}:${field('uri')}`)
    const right = md5(`${ha1}:${field('nonce')}:${field('nc')}:${field('cnonce')}:auth:${ha2}`)
    if (field('response') !== right || field('realm') !== realm) return 'no'
    if (isStale && request.url === '/upload') {
      isStale = false
      return 'stale'
    }
    return 'yes'
  }
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const is = proves(request)
    const isOpen = manners.openPage === true && request.url === '/page'
    const hash = createHash('sha256')
    let bytes = 0
    request.on('data', (d: Buffer) => {
      bytes += d.length
      hash.update(d)
    })
    request.on('end', () => {
      seen.push({ target: request.url ?? '', authorized: is === 'yes', bytes, sha256: hash.digest('hex') })
      if (is === 'yes' || isOpen) return void response.end('fine')
      response.writeHead(401, { 'WWW-Authenticate': challenge(request, is === 'stale') }).end('no')
    })
  }
  const server = createServer(answer)
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (manners.refusesExpect) return void response.writeHead(417, { Connection: 'close' }).end()
    if (manners.ignoresExpect) return answer(request, response)
    if (proves(request) !== 'yes') {
      seen.push({ target: request.url ?? '', authorized: false, bytes: 0, sha256: '' })
      return void response
        .writeHead(401, { 'WWW-Authenticate': challenge(request, false), Connection: 'close' })
        .end('no')
    }
    response.writeContinue()
    answer(request, response)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    seen,
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

const statementOf = (port: number, login = true): Statement =>
  emptyStatement({
    services: [{ id: 'web', transport: 'tcp', port, protocol: 'http', families: ['ipv4'], purpose: 'web' }],
    accounts: [{ id: 'owner', user: 'admin', password: { env: 'X' }, role: 'administrator' }],
    logins: login ? [{ id: 'web', service: 'web', account: 'owner', target: '/page' }] : [],
  })
const upload = { service: 'web', method: 'POST' as const, target: '/upload', account: 'owner', body: '{{package}}' }
const file = join(directory, 'package')
writeFileSync(file, randomBytes(300_000))
const rope = ropeOf(file) ?? assert.fail()

const cases: [name: string, manners: Manners, bodies: number, login?: boolean][] = [
  ['Basic', { scheme: 'basic' }, 1],
  ['Digest', { scheme: 'digest' }, 1],
  ['a nonce for each request', { scheme: 'digest', once: true }, 1],
  ['a nonce bound to its connection', { scheme: 'digest', bound: true }, 2],
  ['a stale nonce', { scheme: 'digest', stale: true }, 2],
  ['a realm of its own', { scheme: 'digest', otherRealm: true }, 2],
  ['an open page, so that it is asked before the body', { scheme: 'digest', openPage: true }, 1],
  ['no declared log-in', { scheme: 'basic' }, 1, false],
  ['no word on expectations', { scheme: 'digest', ignoresExpect: true }, 2, false],
  ['no taste for expectations', { scheme: 'basic', refusesExpect: true }, 2, false],
]
for (const [name, manners, bodies, login] of cases)
  test(`an upload to a device with ${name} arrives whole; its body goes out ${bodies === 1 ? 'once' : 'twice'}`, async () => {
    const { seen, port, stop } = await device(manners)
    const bench = liveBench(statementOf(port, login), { owner: 'right' })
    try {
      const exchange = await perform(bench, upload, {}, bodyOf(rope))
      assert.equal(answerOf(exchange)?.status, 200, JSON.stringify(exchange.failure))
      assert.equal(exchange.request.bodyBytes, 300_000)
      const sent = seen.filter((s) => s.bytes > 0)
      assert.equal(sent.length, bodies, JSON.stringify(seen))
      assert.deepEqual(sent.at(-1), {
        target: '/upload',
        authorized: true,
        bytes: 300_000,
        sha256: await sha256Of(rope),
      })
      assert.doesNotMatch(JSON.stringify(exchange), /right/)
    } finally {
      await stop()
    }
    assert.equal(bench.open(), 0)
  })

test('a wrong password is presented twice at most, and never by who does not log in', async () => {
  const wrong: Credential = { user: 'admin', password: 'wrong', secret: 'w', published: false }
  for (const scheme of ['basic', 'digest'] as const) {
    const { seen, port, stop } = await device({ scheme })
    const bench = liveBench(statementOf(port), { owner: 'right' })
    const refused = await perform(bench, upload, {}, bodyOf(rope), wrong)
    const presented = seen.filter((s) => s.target === '/upload').length
    const { account: _, ...anonymous } = upload
    const without = await perform(bench, anonymous, {}, bodyOf(rope)).finally(stop)
    assert.deepEqual([answerOf(refused)?.status, answerOf(without)?.status], [401, 401])
    assert.equal(presented, scheme === 'basic' ? 1 : 2)
    assert.deepEqual(
      [without.request.scheme, seen.filter((s) => s.target === '/upload').length - presented],
      ['none', 1],
    )
  }
})

test('a package in a form: text before and after it, all of it counted', async () => {
  const { seen, port, stop } = await device({ scheme: 'basic' })
  const bench = liveBench(statementOf(port), { owner: 'right' })
  const body = '--x\r\nContent-Disposition: form-data; name="f"; filename="p"\r\n\r\n{{package}}\r\n--x--\r\n'
  const action = { ...upload, contentType: 'multipart/form-data; boundary=x', body }
  await perform(bench, action, {}, bodyOf(rope)).finally(stop)
  const [before = '', tail = ''] = body.split('{{package}}')
  const expected = Buffer.concat([Buffer.from(before), bytesOf(rope), Buffer.from(tail)])
  const last = seen.at(-1)
  assert.deepEqual([last?.bytes, last?.sha256], [expected.length, createHash('sha256').update(expected).digest('hex')])
})

test('a device that hangs up in the middle of a package: told, and nothing is left open', async () => {
  let taken = 0
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (d: Buffer) => {
      taken += d.length
      if (taken > 100_000) socket.destroy()
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const bench = liveBench(statementOf((server.address() as AddressInfo).port, false), { owner: 'right' })
  const { account: _, ...anonymous } = upload
  const big = join(directory, 'big')
  writeFileSync(big, '')
  truncateSync(big, 64 * 1024 * 1024)
  const exchange = await perform(bench, anonymous, {}, bodyOf(ropeOf(big) ?? assert.fail()))
  assert.match(exchange.failure?.code ?? '', /reset|closed/)
  assert.ok(taken < 16 * 1024 * 1024)
  await new Promise((closed) => server.close(closed))
  assert.equal(bench.open(), 0)
})

test('a package of 400 MiB is changed and sent without being held', async () => {
  const big = join(directory, 'huge')
  writeFileSync(big, 'header')
  truncateSync(big, 400 * 1024 * 1024)
  const whole = ropeOf(big) ?? assert.fail()
  const changed = flipped(whole, 200 * 1024 * 1024)
  const { seen, port, stop } = await device({ scheme: 'digest' })
  const bench = liveBench(statementOf(port), { owner: 'right' })
  const before = process.memoryUsage().rss
  let most = before
  const clock = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20)
  try {
    const exchange = await perform(bench, upload, {}, bodyOf(changed))
    assert.equal(answerOf(exchange)?.status, 200)
  } finally {
    clearInterval(clock)
    await stop()
  }
  assert.equal(seen.at(-1)?.bytes, 400 * 1024 * 1024)
  assert.ok(most - before < 150 * 1024 * 1024, `${Math.round((most - before) / 1048576)} MiB`)
})

test('ropes are what the same cuts of bytes are', async () => {
  const bytes = bytesOf(rope)
  assert.deepEqual(bytesOf(cut(rope, 7, 70_000)), bytes.subarray(7, 70_000))
  assert.deepEqual(bytesOf(cut(cut(rope, 10), 5, 6)), bytes.subarray(15, 16))
  const blank = zeroed(rope, { from: 100, to: 200_100 })
  assert.equal(ropeLength(blank), bytes.length)
  assert.ok(await isUniform(cut(blank, 100, 200_100)))
  assert.ok(!(await isUniform(cut(blank, 99, 200_101))))
  const both = Buffer.from(bytes)
  both.fill(0, 100, 200_100)
  assert.deepEqual(bytesOf(blank), both)
  assert.equal(await sha256Of(blank), createHash('sha256').update(both).digest('hex'))
  for (let i = 0; i < 200; i++) {
    const from = (i * 7919) % bytes.length
    const to = Math.min(bytes.length, from + ((i * 104_729) % 90_000))
    assert.ok(bytesOf(cut(blank, from, to)).equals(both.subarray(from, to)), String(i))
    assert.equal(bytesOf(flipped(blank, from), from, from + 1)[0], (both[from] ?? 0) ^ 1)
  }
})
