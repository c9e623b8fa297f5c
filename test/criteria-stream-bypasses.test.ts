import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { probe } from '../lab/probes/rtsp-anonymous.ts'
import { criterion } from '../suites/authentication/no-anonymous-stream.ts'
import type { RtspAnonymous } from '../suites/observations/rtsp-anonymous.ts'
import { catalogueData, judged, misfits } from './support/authentication.ts'
import { emptyStatement, testBench } from './support/bench.ts'
import { doorOf } from './support/door.ts'
import { rawServer } from './support/raw-server.ts'

const LIMIT = { timeout: 60_000 }
const USUAL = ['protected-refused', 'paths-give-nothing']
const without = (codes: string[]): string[] => codes.filter((c) => !USUAL.includes(c))

test('no changed request gets round the log-in of a stream of the conforming camera', LIMIT, async (t) => {
  const door = await doorOf(t, 82)
  const seen = await door.seen(probe)
  const sound = door.judged(criterion, seen)
  assert.deepEqual([sound.verdict, without(sound.codes)], ['pass', ['bypasses-refused']])
  const [tried, second] = seen.value.visits.filter((v) => v.access === 'protected')
  assert.equal(second?.bypasses, undefined)
  assert.deepEqual(
    tried?.bypasses?.map(({ how }) => how.replace(/\/\/[\d.:]+/, '//HOST')),
    [
      'DESCRIBE /live/main/',
      'DESCRIBE /live/main/trackID=0',
      'DESCRIBE /live/main?x=1',
      'DESCRIBE //live/main',
      'DESCRIBE /./live/main',
      'DESCRIBE /LIVE/MAIN',
      'DESCRIBE rtsp://HOST/live/main',
      'describe /live/main',
      'SETUP',
    ],
  )
  const changed = (change: (one: RtspAnonymous['visits'][number], v: RtspAnonymous) => void): [string, string[]] => {
    const { verdict, codes } = door.judged(criterion, seen, {
      change: (v) =>
        change(
          v.visits.find((one) => one.bypasses)!,
          v,
        ),
    })
    return [verdict, without(codes).filter((c) => c !== 'bypasses-refused')]
  }
  const open = (one: RtspAnonymous['visits'][number]): void => {
    one.bypasses![0]!.attempt = one.genuine!
  }
  assert.deepEqual(changed(open), ['fail', ['bypass-flows']])
  assert.deepEqual(
    changed((one, v) => {
      open(one)
      v.visits.find((other) => other !== one && other.access === 'protected')!.access = 'public'
    }),
    ['inconclusive', ['bypass-flows']],
    'it may have been led to the public one',
  )
  assert.deepEqual(
    changed((one) => {
      const { describe, played } = structuredClone(one.genuine!)
      describe.request.credential = null
      one.bypasses![0]!.attempt = { describe, played: { ...played!, media: null } }
    }),
    ['inconclusive', ['bypass-described']],
  )
  assert.deepEqual(
    changed((one) => {
      const played = { ...one.genuine!.played!, play: null, media: null }
      one.bypasses!.at(-1)!.attempt = { describe: one.genuine!.describe, played }
    }),
    ['pass', []],
    'a session that does not play gives nothing; its description was that of the log-in',
  )
  assert.deepEqual(
    changed((_, v) => (v.complete = false)),
    ['inconclusive', ['incomplete']],
  )
})

test('a stream that is set up and played without the log-in of its description fails', LIMIT, async (t) => {
  const door = await doorOf(t, 83, { weaknesses: ['stream-by-set-up'] })
  const { verdict, codes, findings } = door.judged(criterion, await door.seen(probe))
  assert.deepEqual([verdict, without(codes)], ['fail', ['bypass-flows']])
  assert.ok(findings.some((f) => f.message.values['how'] === 'SETUP'))
})

/** What is said of a server that knows one stream, by a request's method and path. */
async function judgedAt(t: TestContext, isOpen: (method: string, path: string) => boolean | null) {
  const server = await rawServer((socket, request) => {
    const [, method = '', path = '', cseq = ''] =
      /^(\w+) (?:rtsp:\/\/[^/ ]+)?(\S*) [^]*?CSeq: (\d+)/.exec(request) ?? []
    const say = (status: number, more = '', body = '') =>
      void socket.write(
        `RTSP/1.0 ${status} X\r\nCSeq: ${cseq}\r\n${more}${body && `Content-Length: ${body.length}\r\n`}\r\n${body}`,
        'latin1',
      )
    if (method === 'OPTIONS') return say(200, 'Public: DESCRIBE, SETUP, PLAY\r\n')
    const opens = /\r\nAuthorization: Basic YWRtaW46QWJjLTEyMy14eXo=/.test(request) || isOpen(method, path)
    if (opens === null) return void 0
    if (!opens) return say(401, 'WWW-Authenticate: Basic realm="x"\r\n')
    if (!/^\/+s/i.test(path)) return say(404)
    if (/^describe$/i.test(method)) {
      const sdp =
        'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:t\r\n'
      return say(200, `Content-Type: application/sdp\r\nContent-Base: rtsp://127.0.0.1:${server.port}${path}/\r\n`, sdp)
    }
    if (method === 'SETUP') return say(200, 'Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n')
    say(200, 'Session: 1\r\n')
    if (method === 'PLAY')
      for (let i = 0; i < 12; i++) socket.write(Buffer.from([0x24, 0, 0, 12, 0x80, 96, 0, i, 0, 0, 0, 0, 0, 0, 0, 1]))
  })
  t.after(() => server.stop())
  const { port } = server
  const statement = emptyStatement({
    services: [{ id: 'stream', transport: 'tcp', port, protocol: 'rtsp', families: ['ipv4'], purpose: 'video' }],
    accounts: [{ id: 'owner', user: 'admin', password: { env: 'X' }, role: 'administrator' }],
    logins: [{ id: 'stream', service: 'stream', account: 'owner', target: '/s', method: 'DESCRIBE' }],
    resources: [{ service: 'stream', target: '/s', access: 'protected', holds: 'stream' }],
  })
  const bench = testBench(statement, { catalogue: catalogueData, secrets: { owner: 'Abc-123-xyz' } })
  const seen = await probe.run(bench, `a/ipv4/${String(port).padStart(5, '0')}`)
  assert.deepEqual(misfits(probe.kind, seen), [])
  const { verdict, codes, findings } = judged(criterion, seen, { statement })
  return {
    said: [verdict, ...without(codes)].join(' '),
    how: findings.filter((f) => f.is === 'violation').map((f) => f.message.values['how']),
  }
}

test('ways to a stream that a server checks otherwise are found; sound servers are not accused', LIMIT, async (t) => {
  const isMedia = (method: string): boolean => method === 'SETUP' || method === 'PLAY' || method === 'TEARDOWN'
  const cases: [string, (method: string, path: string) => boolean | null, string, string[]?][] = [
    ['sound', () => false, 'pass bypasses-refused'],
    ['a lower-case method without an answer', (m) => (m === 'describe' ? null : false), 'pass bypasses-refused'],
    [
      'a lower-case method',
      (m) => isMedia(m) || m === 'describe',
      'fail bypass-flows bypass-flows',
      ['describe /s', 'SETUP'],
    ],
    ['a doubled slash', (_, path) => path.startsWith('//'), 'fail bypass-flows', ['DESCRIBE //s']],
    ['another case', (_, path) => /^\/S(\/|$)/.test(path), 'fail bypass-flows', ['DESCRIBE /S']],
    ['a query', (_, path) => path.includes('?x=1'), 'fail bypass-flows', ['DESCRIBE /s?x=1']],
    ['the description alone', (m, path) => !isMedia(m) && path === '/s/', 'pass bypasses-refused'],
  ]
  for (const [name, isOpen, said, how = []] of cases) {
    const found = await judgedAt(t, isOpen)
    assert.equal(found.said, said, name)
    assert.deepEqual(found.how, how, name)
  }
})
