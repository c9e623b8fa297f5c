import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { test, type TestContext } from 'node:test'
import { rtspClient } from '../lab/instruments/rtsp.ts'
import { outcomeOf } from '../suites/authentication/no-anonymous-stream.ts'
import { testBench } from './support/bench.ts'
import { rawServer } from './support/raw-server.ts'

const LIMIT = { timeout: 30_000 }
/** What VLC 3.0.24 describes and answers: it sends over UDP only. */
const SDP = [
  'v=0',
  'o=- 17339443215325372912 17339443215325372912 IN IP4 camera',
  's=Unnamed',
  'c=IN IP4 0.0.0.0',
  't=0 0',
  'm=video 0 RTP/AVP 33',
  'b=RR:0',
  'a=rtpmap:33 MP2T/90000',
  'a=control:rtsp://127.0.0.1:554/live/ch0/trackID=0',
  '',
].join('\r\n')

/** A server that refuses media on its connection with a status, and sends so many datagrams where it was asked to. */
async function overUdp(t: TestContext, { refusal = 461, packets = 20, from = '127.0.0.1' } = {}) {
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  await new Promise<void>((done) => socket.bind(0, from, done))
  let to = 0
  const greeted: number[] = []
  socket.on('message', (_, { port }) => greeted.push(port))
  const server = await rawServer((client, request) => {
    const seq = /CSeq: (\d+)/.exec(request)?.[1] ?? '0'
    const answer = (status: string, more = '', body = '') =>
      client.write(`RTSP/1.0 ${status}\r\nCSeq: ${seq}\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`)
    if (request.startsWith('DESCRIBE')) return answer('200 OK', 'Content-Type: application/sdp\r\n', SDP)
    if (request.startsWith('SETUP')) {
      to = Number(/RTP\/AVP;unicast;client_port=(\d+)-\d+/.exec(request)?.[1] ?? 0)
      return to === 0
        ? answer(`${refusal} No`)
        : answer(
            '200 OK',
            `Session: fd08;timeout=60\r\nTransport: RTP/AVP/UDP;unicast;server_port=${socket.address().port}-${socket.address().port}\r\n`,
          )
    }
    answer('200 OK')
    if (request.startsWith('PLAY'))
      for (let i = 0; i < packets; i++) {
        const packet = Buffer.alloc(40)
        packet[0] = 0x80
        socket.send(packet, to, '127.0.0.1')
        socket.send(Buffer.alloc(40), to, '127.0.0.1') // no RTP
      }
  })
  t.after(() => server.stop())
  const client = rtspClient(testBench(), { family: 'ipv4', address: '127.0.0.1', port: server.port, tls: false })
  t.after(() => client.close())
  const describe = await client.send({ method: 'DESCRIBE', target: '/live/ch0' })
  const played = await client.play(describe, { milliseconds: 1000, packets: 10 })
  return { describe, played, requests: server.requests, asked: to, greeted }
}

test('media that only comes over UDP is seen to flow', LIMIT, async (t) => {
  const attempt = await overUdp(t)
  assert.ok((attempt.played?.media?.packets ?? 0) >= 10)
  assert.ok((attempt.played?.media?.packets ?? 0) <= 20, 'datagrams that are no RTP are not counted')
  assert.equal(outcomeOf(attempt), 'flows')
  assert.deepEqual(attempt.greeted.sort(), [attempt.asked, attempt.asked + 1], 'what comes was asked for')
  assert.equal(attempt.requests.filter((r) => r.startsWith('SETUP')).length, 2)
  assert.ok(attempt.requests.some((r) => r.startsWith('TEARDOWN')))
})

test('where nothing comes, or from somebody else, nothing flows', LIMIT, async (t) => {
  for (const options of [{ packets: 0 }, { from: '127.0.0.2' }]) {
    const attempt = await overUdp(t, options)
    assert.equal(attempt.played?.media?.packets, 0)
    assert.equal(outcomeOf(attempt), 'described')
  }
})

test('who refuses the client is not asked for another transport', LIMIT, async (t) => {
  for (const refusal of [401, 403]) {
    const attempt = await overUdp(t, { refusal })
    assert.equal(attempt.requests.filter((r) => r.startsWith('SETUP')).length, 1)
    assert.equal(outcomeOf(attempt), 'refused')
  }
})
