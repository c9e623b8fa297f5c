import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import type { ClientOptions } from '../lab/instruments/conversation.ts'
import { rtspClient, type RtspClient } from '../lab/instruments/rtsp.ts'
import type { Credential } from '../lab/probe.ts'
import { answerOf } from '../suites/facts/answer.ts'
import { fromBase64 } from '../suites/facts/bytes.ts'
import { parseMessage } from '../suites/facts/http-message.ts'
import { readFrames } from '../suites/facts/interleaved.ts'
import { controlUrl, parseSdp } from '../suites/facts/sdp.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import { testBench } from './support/bench.ts'
import { rawServer, type Answering, type RawServer } from './support/raw-server.ts'
import { gstRtsp, has } from './support/software.ts'

const LIMIT = { timeout: 60_000 }
const MEDIA = { milliseconds: 4000, packets: 5 }
const RIGHT: Credential = { user: 'admin', password: 'Right-8473', secret: 'owner', published: false }
const WRONG: Credential = { ...RIGHT, password: 'Wrong-1111' }
const statuses = (exchange: Exchange): number[] =>
  exchange.rounds.map((r) => parseMessage(fromBase64(r.answer.raw)).status)

function clientFor(t: TestContext, port: number, options: ClientOptions = {}, address = '127.0.0.1'): RtspClient {
  const client = rtspClient(
    testBench(),
    { family: 'ipv4', address, port, tls: false },
    { milliseconds: 2000, ...options },
  )
  t.after(() => client.close())
  return client
}

const describe = (client: RtspClient, target: string, credential?: Credential): Promise<Exchange> =>
  client.send({
    method: 'DESCRIBE',
    target,
    headers: [['Accept', 'application/sdp']],
    ...(credential ? { credential } : {}),
  })

test('gst-rtsp-server: refused without, played with the right log-in, refused with a wrong one', LIMIT, async (t) => {
  if (!has('gcc', 'pkg-config')) return t.skip('needs gcc and gstreamer-rtsp-server')
  const server = await gstRtsp(['/live/main=account', '/live/open=open'], { user: 'admin', password: RIGHT.password })
  t.after(() => server.stop())
  const client = clientFor(t, server.port, { milliseconds: 8000 })
  assert.deepEqual(statuses(await client.send({ method: 'OPTIONS', target: '/' })), [200])
  assert.deepEqual(statuses(await describe(client, '/live/main')), [401])

  const open = await describe(client, '/live/open')
  assert.deepEqual(statuses(open), [200])
  const played = await client.play(open, MEDIA)
  assert.ok((played?.media?.packets ?? 0) >= 5)
  assert.ok((played?.media?.bytes ?? 0) > 5 * 12)

  const other = clientFor(t, server.port, { milliseconds: 8000 })
  const inside = await describe(other, '/live/main', RIGHT)
  assert.deepEqual(statuses(inside), [401, 200])
  const log = await other.play(inside, MEDIA, RIGHT)
  assert.deepEqual(statuses(log!.setup), [200], 'the accepted nonce is used again')
  assert.ok((log?.media?.packets ?? 0) >= 5)
  assert.deepEqual(statuses(await describe(clientFor(t, server.port), '/live/main', WRONG)), [401, 401])
})

test('the reference camera: the same', LIMIT, async (t) => {
  const address = '127.77.10.21'
  const camera = await startReferenceCamera({
    addresses: { ipv4: address, ipv6: null },
    ports: { https: 0, rtsp: 0 },
    weaknesses: [],
    serial: 'T1',
    syslog: null,
    lock: { failures: 5, windowSeconds: 30, lockSeconds: 2 },
    bootSeconds: 1,
    factoryFresh: false,
    adminPassword: RIGHT.password,
  })
  t.after(() => camera.stop())
  const client = clientFor(t, camera.ports.rtsp, { milliseconds: 8000 }, address)
  assert.deepEqual(statuses(await describe(client, '/live/main')), [401])
  const inside = await describe(client, '/live/main', RIGHT)
  assert.equal(inside.request.scheme, 'digest-sha-256')
  const played = await client.play(inside, MEDIA, RIGHT)
  assert.equal(played?.media?.packets, 5)
  assert.deepEqual(
    statuses(await describe(clientFor(t, camera.ports.rtsp, {}, address), '/live/main', WRONG)),
    [401, 401],
  )
})

const frame = (channel: number, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0x24, channel, payload.length >> 8, payload.length & 255]), payload])
const rtp = Buffer.concat([Buffer.from([0x80, 96]), Buffer.alloc(30)])
const SDP =
  'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=control:trackID=1\r\n'
const cseq = (request: string): string => /CSeq: *(\d+)/i.exec(request)?.[1] ?? '0'
const answer = (request: string, status: string, headers = '', body = ''): string =>
  `RTSP/1.0 ${status}\r\nCSeq: ${cseq(request)}\r\n${headers}${body ? `Content-Length: ${body.length}\r\n` : ''}\r\n${body}`

/** A camera that answers as it should, but for what `odd` does instead. */
const camera =
  (odd: (socket: Socket, request: string) => boolean): Answering =>
  (socket, request) => {
    if (odd(socket, request)) return
    if (request.startsWith('DESCRIBE'))
      socket.write(answer(request, '200 OK', 'Content-Type: application/sdp\r\n', SDP))
    else if (request.startsWith('SETUP')) socket.write(answer(request, '200 OK', 'Session: 77;timeout=60\r\n'))
    else socket.write(answer(request, '200 OK'))
  }

async function against(t: TestContext, answering: Answering): Promise<{ client: RtspClient; server: RawServer }> {
  const server = await rawServer(answering)
  t.after(() => server.stop())
  return { client: clientFor(t, server.port), server }
}

test('media before the answer to PLAY is passed over, in pieces too', LIMIT, async (t) => {
  const { client, server } = await against(
    t,
    camera((socket, request) => {
      if (!request.startsWith('PLAY')) return false
      const all = Buffer.concat([
        frame(0, rtp),
        frame(1, Buffer.alloc(8)),
        frame(0, Buffer.alloc(70_00, 0x80)),
        Buffer.from(answer(request, '200 OK')),
        frame(0, rtp),
        frame(0, rtp),
        frame(1, Buffer.alloc(8)),
      ])
      for (let i = 0; i < all.length; i += 777) setTimeout(() => socket.write(all.subarray(i, i + 777)), i / 50)
      return true
    }),
  )
  const played = await client.play(await describe(client, '/x'), { milliseconds: 800, packets: 5 })
  assert.deepEqual(statuses(played!.play!), [200])
  assert.deepEqual([played?.media?.packets, played?.media?.bytes, played?.media?.control], [2, 64, 1])
  assert.match(
    server.requests[2] ?? '',
    /^PLAY rtsp:\/\/127\.0\.0\.1:\d+\/x RTSP\/1\.0\r\nCSeq: 3\r\n[^]*Session: 77\r\n/,
  )
  assert.match(
    server.requests[1] ?? '',
    /^SETUP rtsp:\/\/127\.0\.0\.1:\d+\/x\/trackID=1 .*[^]*Transport: RTP\/AVP\/TCP;unicast;interleaved=0-1\r\n/,
  )
  assert.match(server.requests.at(-1) ?? '', /^TEARDOWN/)
})

test(
  'media that never stops ends the look at it by count, and an answer that never comes by size',
  LIMIT,
  async (t) => {
    const flood = (socket: Socket): boolean => {
      const timer = setInterval(() => {
        for (let i = 0; i < 40; i++) socket.write(frame(0, Buffer.concat([rtp, Buffer.alloc(1200)])))
      }, 5)
      socket.once('close', () => clearInterval(timer))
      return true
    }
    const { client } = await against(
      t,
      camera((socket, request) => request.startsWith('PLAY') && flood(socket)),
    )
    const played = await client.play(await describe(client, '/x'), MEDIA)
    assert.ok(played?.play)
    assert.notEqual(played.play.failure, null)
    assert.equal(played.media, null)
    const { client: second } = await against(
      t,
      camera((socket, request) => {
        if (!request.startsWith('PLAY')) return false
        socket.write(answer(request, '200 OK'))
        return flood(socket)
      }),
    )
    const flowing = await second.play(await describe(second, '/x'), MEDIA)
    assert.equal(flowing?.media?.packets, 5)
  },
)

test('a session description that names another host is followed on this one', LIMIT, async (t) => {
  const sdp = SDP.replace('a=control:trackID=1', 'a=control:rtsp://203.0.113.9:554/elsewhere/track1')
  const { client, server } = await against(
    t,
    camera((socket, request) => {
      if (!request.startsWith('DESCRIBE')) return false
      socket.write(answer(request, '200 OK', 'Content-Base: rtsp://203.0.113.9/elsewhere/\r\n', sdp))
      return true
    }),
  )
  await client.play(await describe(client, '/x'), { milliseconds: 200, packets: 1 })
  assert.match(server.requests[1] ?? '', new RegExp(`^SETUP rtsp://127\\.0\\.0\\.1:${server.port}/elsewhere/track1 `))
  assert.ok(server.requests.every((r) => !r.includes('203.0.113.9')))
})

const ODD: [string, Answering, (e: Exchange) => void][] = [
  [
    'a redirect',
    (s, r) => void s.write(answer(r, '302 Moved', 'Location: rtsp://203.0.113.9/\r\n')),
    (e) => assert.deepEqual(statuses(e), [302]),
  ],
  [
    'HTTP instead of RTSP',
    (s) => s.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'),
    (e) => assert.equal(answerOf(e)?.protocol, 'HTTP'),
  ],
  ['silence', () => undefined, (e) => assert.equal(e.failure?.code, 'timeout')],
  [
    'a description cut off',
    (s, r) => s.end(answer(r, '200 OK', '', SDP).slice(0, 90)),
    (e) => assert.equal(e.rounds[0]?.answer.end, 'closed'),
  ],
  [
    'LF alone',
    (s) => void s.write(`RTSP/1.0 200 OK\nContent-Length: ${SDP.length}\n\n${SDP}`),
    (e) => assert.equal(parseSdp(answerOf(e)!.body)?.media.length, 1),
  ],
  [
    'a challenge without end',
    (s, r) => void s.write(answer(r, '401 No', 'WWW-Authenticate: Digest realm="r", nonce="n", stale=true\r\n')),
    (e) => assert.deepEqual(statuses(e), [401, 401, 401]),
  ],
]
for (const [name, answering, check] of ODD)
  test(`ends in time with ${name}`, LIMIT, async (t) => {
    const { client, server } = await against(t, answering)
    const began = performance.now()
    const exchange = await describe(client, '/x', WRONG)
    check(exchange)
    assert.ok(performance.now() - began < 6000)
    assert.ok(server.requests.length <= 5)
  })

test('a description without media, and a SETUP that is refused, play nothing', LIMIT, async (t) => {
  const { client } = await against(
    t,
    camera((s, r) => r.startsWith('DESCRIBE') && s.write(answer(r, '200 OK', '', 'v=0\r\ns=x\r\n'))),
  )
  assert.equal(await client.play(await describe(client, '/x'), MEDIA), null)
  const { client: second } = await against(
    t,
    camera((s, r) => r.startsWith('SETUP') && s.write(answer(r, '461 Unsupported Transport'))),
  )
  const played = await second.play(await describe(second, '/x'), MEDIA)
  assert.deepEqual([played?.play, played?.media], [null, null])
})

test('frames and control addresses', () => {
  assert.deepEqual(readFrames(Buffer.concat([frame(0, rtp), frame(2, Buffer.alloc(20)), Buffer.from([0x24, 0, 0])])), {
    packets: 1,
    bytes: 32,
    control: 0,
    end: 60,
  })
  const url = 'rtsp://10.0.0.1:554/live?x=1'
  assert.equal(controlUrl(url, null, 'trackID=0'), 'rtsp://10.0.0.1:554/live?x=1/trackID=0')
  assert.equal(controlUrl(url, 'rtsp://10.0.0.1:554/live/', 'trackID=0'), 'rtsp://10.0.0.1:554/live/trackID=0')
  assert.equal(controlUrl(url, null, '*'), url)
  assert.equal(controlUrl(url, null, '/abs'), 'rtsp://10.0.0.1:554/abs')
})
