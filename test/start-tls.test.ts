import assert from 'node:assert/strict'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, test, type TestContext } from 'node:test'
import { tryFtpOverTls } from '../lab/instruments/ftp.ts'
import { openForTls } from '../lab/instruments/start-tls.ts'
import { clientHello, sayHello } from '../lab/instruments/tls-hello.ts'
import { meetPeer } from '../lab/instruments/tls-peer.ts'
import type { Endpoint } from '../lab/probe.ts'
import { remoteOutcome } from '../suites/facts/remote-outcome.ts'
import { outcomeOf } from '../suites/facts/tls-offers.ts'
import { tlsAnswerOf } from '../suites/facts/tls-records.ts'
import { testBench } from './support/bench.ts'

/** A small generator with a fixed seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
}

/** An FTP server of the test, on loopback; `converse` has each connection, counted from 0. */
async function ftpServer(t: TestContext, converse: (socket: Socket, count: number) => void): Promise<Endpoint> {
  let count = 0
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    converse(socket, count++)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  return { family: 'ipv4', address: '127.0.0.1', port, tls: false, startTls: 'ftp' }
}

describe('servers that are busy or hostile', () => {
  test('one that is busy is asked again, a little later, and not without end', { timeout: 20_000 }, async (t) => {
    const busyFor = async (times: number) => {
      let connections = 0
      const to = await ftpServer(t, (socket, count) => {
        connections++
        if (count < times) return socket.end('421 Too many clients\r\n')
        socket.write('220-one\r\n220 two\r\n')
        return socket.on('data', () => socket.write('234 Go ahead\r\n'))
      })
      const bench = testBench()
      const opened = await openForTls(bench, to, 2000)
      if ('line' in opened) opened.line.close()
      return ['line' in opened ? 'open' : opened.failure.detail, connections]
    }
    assert.deepEqual(await busyFor(1), ['open', 2])
    assert.deepEqual(await busyFor(9), ['no TLS, reply 421', 3])
  })

  test('noise instead of replies', { timeout: 30_000 }, async (t) => {
    const random = seeded(4217)
    const words = ['220 ', '220-', '234 ', '421 ', '\r\n', '\n', '999', '\x16\x03\x01', '234', '220 x\r\n', '234 x\r\n']
    const to = await ftpServer(t, (socket) => {
      const noise = () =>
        Buffer.from(
          Array.from({ length: 1 + (random() % 6) }, () => words[random() % words.length] ?? '').join(''),
          'latin1',
        )
      socket.write(noise())
      socket.once('data', () => socket.end(Buffer.concat([noise(), Buffer.alloc(random() % 3 === 0 ? 9000 : 1, 13)])))
      setTimeout(() => socket.end(), 150)
    })
    const bench = testBench()
    const hello = clientHello({ versions: ['tls1.2'], suites: [0xc02f], serverName: null })
    const said = await Promise.all(Array.from({ length: 120 }, () => sayHello(bench, to, hello, { milliseconds: 500 })))
    const outcomes = said.map((h) => outcomeOf({ ...h, version: 'tls1.2', answer: '' }, tlsAnswerOf(h.answer)).is)
    assert.ok(outcomes.length === 120 && !outcomes.includes('accepted'))
    const peer = await meetPeer(bench, to, { milliseconds: 500, signatures: null })
    assert.notEqual(peer.failure, null)
    const tried = await tryFtpOverTls(bench, to, null)
    assert.ok(['unclear', 'no-password'].includes(remoteOutcome('ftp', tried)))
    await delay(300)
    assert.equal(bench.open(), 0)
  })
})
