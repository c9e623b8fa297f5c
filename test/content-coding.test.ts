import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { unpacked } from '../lab/instruments/content-coding.ts'
import { httpClient } from '../lab/instruments/http.ts'
import { makeRedactor } from '../lab/redact.ts'
import { answerOf } from '../suites/facts/answer.ts'
import { latin1 } from '../suites/facts/bytes.ts'
import { headerOf } from '../suites/facts/http-message.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import { testBench } from './support/bench.ts'
import { rawServer } from './support/raw-server.ts'

const LIMIT = { timeout: 60_000 }
const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0))
const bodyOf = (exchange: Exchange): string => latin1(answerOf(exchange)?.body ?? new Uint8Array())

test(
  'an answer that comes packed although nobody asked is kept unpacked, with its secrets hidden',
  LIMIT,
  async (t) => {
    const page = '<html><script>var dev={serial:"JC1-0077",key:"Hidden-5521"}</script></html>'
    const bench = testBench(undefined, { redact: makeRedactor(() => [{ name: 'key', value: 'Hidden-5521' }]) })
    const head = (coding: string, more: string) =>
      bytes(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\n${more}\r\n`)
    const chunked = (body: Uint8Array) =>
      Buffer.concat([bytes(`${body.length.toString(16)}\r\n`), body, bytes('\r\n0\r\n\r\n')])
    for (const [coding, body] of [
      ['gzip', gzipSync(page)],
      ['x-gzip', gzipSync(page)],
      ['deflate', deflateSync(page)],
      ['deflate', deflateRawSync(page)],
      ['br', brotliCompressSync(page)],
    ] as const)
      for (const answer of [
        Buffer.concat([head(coding, `Content-Length: ${body.length}\r\n`), body]),
        Buffer.concat([head(coding, 'Transfer-Encoding: chunked\r\n'), chunked(body)]),
      ]) {
        const server = await rawServer((socket) => socket.write(answer))
        t.after(() => server.stop())
        const client = httpClient(bench, { family: 'ipv4', address: '127.0.0.1', port: server.port, tls: false })
        t.after(() => client.close())
        const get = () => client.send({ method: 'GET', target: '/' })
        const exchange = await get()
        assert.match(bodyOf(exchange), /serial:"JC1-0077",key:"[^"]{11}"/, coding)
        assert.doesNotMatch(bodyOf(exchange), /Hidden/)
        const message = answerOf(exchange)
        assert.equal(message && headerOf(message, 'camseal-unpacked'), `${coding}, ${body.length} bytes`)
        assert.equal(message && headerOf(message, 'content-encoding'), null)
        assert.equal((await get()).connection, 0, 'the connection is kept')
      }
  },
)

test('what does not unpack, or to too much, is kept as it came', () => {
  const page = (coding: string, body: Uint8Array) =>
    Buffer.concat([
      bytes(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`),
      body,
    ])
  for (const raw of [
    page('gzip', bytes('no gzip at all')),
    page('zstd', gzipSync('x')),
    page('gzip', gzipSync(new Uint8Array(32 * 1024 * 1024))),
    page('identity', bytes('plain')),
    bytes('HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n'),
    bytes('no status line'),
  ])
    assert.equal(unpacked(raw, 'GET'), raw)
  const whole = page('gzip', gzipSync('0123456789'.repeat(2000)))
  let seed = 7
  for (let i = 0; i < 300; i++) {
    const broken = Uint8Array.from(whole)
    for (let n = 0; n < 3; n++) {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff
      broken[seed % broken.length] = seed & 0xff
    }
    assert.ok(unpacked(broken.subarray(0, seed % (broken.length + 1)), 'GET').length >= 0)
  }
})
