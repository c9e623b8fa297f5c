import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { probe } from '../lab/probes/time-sync.ts'
import { timeServerOf } from '../lab/clock-offset.ts'
import { askTime } from '../lab/instruments/ntp.ts'
import { startNtp } from '../lab/services/ntp.ts'
import { lintStatement } from '../profiles/statement-file.ts'
import { readClock } from '../suites/facts/clock-text.ts'
import { isRequest, microsOf, NO_TIMESTAMP, ntpPacketOf, timestampOf } from '../suites/facts/ntp-packet.ts'
import { answersAsItSays, isAt, offsetOf } from '../suites/facts/time-sync.ts'
import { criterion } from '../suites/logging/time-from-checked-ntp.ts'
import { kind, TIME_IMPOSTORS, type TimeSync } from '../suites/observations/time-sync.ts'
import { emptyStatement } from './support/bench.ts'
import { doorOf } from './support/door.ts'
import { codes, fixture, judgeBy } from './support/judging.ts'
import { freePort } from './support/software.ts'
import { judgedOf } from './support/time-device.ts'

const LIMIT = { timeout: 60_000 }
const CAMERA = 'a/client/ntp'
const SOUND = [
  'clock-read',
  'genuine-followed',
  ...TIME_IMPOSTORS.map(() => 'impostor-refused'),
  'genuine-followed-again',
]

test(
  'the reference camera, sound and without a look at the originate timestamp',
  { ...LIMIT, concurrency: true },
  async (t) => {
    await Promise.all(
      [null, 'ntp-origin-unchecked'].map((weakness, i) =>
        t.test(weakness ?? 'sound', async (s) => {
          const weaknesses = weakness ? [weakness] : []
          const door = await doorOf(s, 120 + i, { timePort: await freePort(), weaknesses })
          const seen = await door.seen(probe)
          const { verdict, codes } = door.judged(criterion, seen, { subject: CAMERA })
          const followed = codes.filter((c) => c.startsWith('followed-')).map((c) => c.slice(9))
          assert.deepEqual(followed, weakness ? ['origin-earlier', 'origin-zero'] : [], codes.join())
          assert.equal(verdict, weakness ? 'fail' : 'pass', codes.join())
          assert.equal(codes.length, SOUND.length)
          assert.deepEqual(door.bench.undone, [`time-sync/${CAMERA}`])
          const read = async (target: string) => {
            const answer = await door.bench.perform({ service: 'web', account: 'owner', method: 'GET', target }, {})
            return Buffer.from(answer.rounds.at(-1)?.answer.raw ?? '', 'base64').toString('latin1')
          }
          assert.match(await read('/api/settings/ntp'), /\{"address":null,"port":null\}/)
          const [, time = ''] = /"time":"([^"]+)"/.exec(await read('/api/time')) ?? []
          assert.ok(Math.abs(Date.parse(time) - Date.now()) < 1000, `the clock was set right again: ${time}`)
        }),
      ),
    )
  },
)

const STATEMENT = emptyStatement()
const load = (name: string): TimeSync => fixture(`time-sync/${name}.json`) as TimeSync
const judgedAs = (value: TimeSync) => {
  const { verdict, codes } = judgedOf(STATEMENT, { answered: true, value, controls: [], artifacts: [] })
  return { verdict, codes }
}

test('recorded: chronyd passes; ntpdig believes the answer to an earlier request and fails', () => {
  assert.deepEqual(judgedAs(load('chronyd')), { verdict: 'pass', codes: SOUND })
  const codes = SOUND.map((c, i) => (i === 2 ? 'followed-origin-earlier' : c))
  assert.deepEqual(judgedAs(load('ntpdig')), { verdict: 'fail', codes })
})

test('whatever is missing keeps from passing', () => {
  const server = (v: TimeSync, i: number) => {
    const found = v.servers[i]
    assert.ok(found)
    return found
  }
  const cases: [string, (v: TimeSync) => void][] = [
    ['clock-unread', (v) => (v.clock.text = null)],
    ['clock-unread', (v) => (v.clock.text = '11/12/26 7:20')],
    ['clock-unread', (v) => (v.clock.exchange.failure = { code: 'timeout', detail: '' })],
    ['clock-unread', (v) => (server(v, 0).clock.text = null)],
    ['genuine-unseen', (v) => v.servers.splice(0, 2)],
    ['genuine-unseen', (v) => (v.servers = [])],
    ['genuine-not-met', (v) => (v.servers = [{ ...server(v, 0), answers: [] }])],
    ['genuine-not-met', (v) => server(v, 0).answers.forEach((a) => (a.from = '192.0.2.9'))],
    // It was there before it was told so.
    ['genuine-not-followed', (v) => (v.clock = server(v, 0).clock)],
    ['genuine-not-followed', (v) => (server(v, 0).clock = v.clock)],
    ['impostor-missing', (v) => v.servers.splice(2, 1)],
    ['impostor-not-met', (v) => (server(v, 3).answers = [])],
    ['impostor-unread', (v) => (server(v, 4).clock.text = '-')],
    ['impostor-elsewhere', (v) => (server(v, 4).clock.text = v.clock.text)],
    ['impostor-watched-too-short', (v) => (server(v, 4).answers[0]!.at = server(v, 4).clock.exchange.at - 1)],
    [
      'impostor-watched-too-short',
      (v) => {
        const { answers } = server(v, 0)
        answers.push(...answers, ...answers, ...answers)
      },
    ],
    ['genuine-not-again', (v) => v.servers.splice(5)],
    ['genuine-not-again', (v) => (server(v, 5).answers = [])],
    ['genuine-not-again', (v) => (server(v, 5).clock.text = server(v, 4).clock.text)],
    // The lab did not do what it says.
    ['answer-not-so', (v) => (server(v, 1).shows = 'origin-zero')],
    ['answer-not-so', (v) => (server(v, 0).shows = 'origin-earlier')],
    ['answer-not-so', (v) => (server(v, 3).shows = 'kiss-rate')],
    ['answer-not-so', (v) => (server(v, 4).shows = 'genuine')],
    ['answer-not-so', (v) => (server(v, 2).shift += 30)],
    ['answer-not-so', (v) => (server(v, 2).answers[0]!.sent = '')],
    ['answer-not-so', (v) => (server(v, 2).answers[0]!.request = server(v, 2).answers[0]!.sent)],
  ]
  for (const [code, change] of cases) {
    const value = load('chronyd')
    change(value)
    const { verdict, codes } = judgedAs(value)
    assert.equal(verdict, 'inconclusive', `${code}: ${codes.join()}`)
    assert.ok(codes.includes(code), `${code}: ${codes.join()}`)
  }
})

test('every impostor that the clock follows is a violation', () => {
  for (const [i, shows] of TIME_IMPOSTORS.entries()) {
    const value = load('chronyd')
    const [followed, genuine] = [value.servers[i + 1], value.servers[5]]
    assert.ok(followed && genuine)
    const ahead = (offset: number) => new Date(followed.clock.exchange.at / 1000 + offset * 1000).toISOString()
    followed.clock.text = ahead(followed.shift)
    const { verdict, codes } = judgedAs(value)
    assert.equal(verdict, 'fail', codes.join())
    assert.ok(codes.includes(`followed-${shows}`), codes.join())
  }
})

test('without a word on the time nothing is known; who takes it from nowhere is not asked', () => {
  const verdictOf = (time: undefined | []) => {
    const statement = emptyStatement(time ? { time } : {})
    const [judgement] = judgeBy(criterion, { statement, observations: [], kinds: [kind] })
    return [judgement?.verdict, codes(judgement).join()]
  }
  assert.deepEqual(verdictOf(undefined), ['inconclusive', 'time-not-stated'])
  assert.equal(criterion.applies(emptyStatement({ time: [] })).answer, 'no')
})

test(
  'a clock that cannot be read is not changed, and a port that is taken is the fault of the lab',
  LIMIT,
  async (t) => {
    const port = await freePort()
    const door = await doorOf(t, 122, { timePort: port })
    const declared = door.statement.time?.[0]
    assert.ok(declared)
    declared.clock = { ...declared.clock, pattern: '"no-such":"([^"]+)"' }
    const seen = await door.seen(probe)
    assert.deepEqual([seen.value.servers.length, seen.value.enable], [0, null])
    assert.deepEqual(door.judged(criterion, seen, { subject: CAMERA }).codes, ['clock-unread'])
    const other = createSocket('udp4').bind(port, '127.77.11.1')
    await once(other, 'listening')
    t.after(() => other.close())
    const refused = await probe.run(door.bench, CAMERA)
    assert.deepEqual(refused.answered ? null : [refused.cause, refused.why.code], ['lab', 'time-sync.no-server'])
  },
)

test('references of a time source are looked at before a run', () => {
  const clock = { service: 'nowhere', target: '/', pattern: 'no group' }
  const one = { id: 'Bad', protocol: 'ntp' as const, port: 123, clock }
  const enable = { service: 'gone', method: 'PUT' as const, target: '/{{what}}' }
  const faults = lintStatement(emptyStatement({ time: [one, { ...one, enable }] }))
  assert.deepEqual(
    faults.map((f) => `${f.code} ${f.field ?? ''}`),
    [
      'doubled /time/1/id',
      'bad-id /time/0/id',
      'bad-id /time/1/id',
      'unresolved /time/0/clock/service',
      'bad-pattern /time/0/clock/pattern',
      'unresolved /time/1/enable/service',
      'unknown-placeholder /time/1/enable',
      'unresolved /time/1/clock/service',
      'bad-pattern /time/1/clock/pattern',
    ],
  )
})

test('the time server answers requests alone, and keeps no more than it can', LIMIT, async (t) => {
  const started = await startNtp({ address: '127.0.0.1', port: 0, now: () => 1_800_000_000_123_456 })
  assert.ok('server' in started)
  const { server } = started
  t.after(() => server.close())
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  t.after(() => socket.close())
  const got: Buffer[] = []
  socket.on('message', (m) => got.push(m))
  const send = (bytes: Uint8Array) => socket.send(bytes, server.port, '127.0.0.1')
  const request = (first = 0x23) =>
    Buffer.concat([Buffer.from([first]), Buffer.alloc(39), Buffer.from('0123456789abcdef', 'hex')])
  const noise = randoms(7)
  for (const bytes of [
    Buffer.alloc(0),
    request().subarray(0, 47),
    request(0x24),
    request(0x3b),
    request(0x03),
    Buffer.alloc(1500, 0x23),
  ])
    send(bytes)
  for (let i = 0; i < 50; i++) send(Buffer.from(Array.from({ length: 47 }, () => noise(256))))
  for (let i = 0; i < 70; i++) send(request(i % 2 === 0 ? 0x1b : 0x23))
  for (let i = 0; i < 100 && got.length < 70; i++) await sleep(20)
  await sleep(50)
  assert.equal(got.length, 70)
  assert.deepEqual([server.answers().list.length, server.answers().left], [64, 6])
  const told = ntpPacketOf(got[0] ?? new Uint8Array())
  assert.ok(told)
  assert.deepEqual([told.version, told.mode, told.origin], [3, 4, '0123456789abcdef'])
  assert.equal(microsOf(told.transmit), 1_800_000_000_123_456)
  server.show({ shows: 'kiss-rate', shift: 1 })
  assert.equal(server.answers().list.length, 0)
})

test('clocks are read in the forms a statement may declare, and in no other', () => {
  const at = Date.UTC(2026, 10, 22, 7, 20, 5)
  const known: [string, number, number, boolean][] = [
    ['2026-11-22T07:20:05Z', at, 1000, false],
    ['2026-11-22T14:20:05.250+07:00', at + 250, 1, false],
    ['2026-11-22T02:50:05-0430', at, 1000, false],
    ['2026/11/22 07:20:05 UTC', at, 1000, false],
    ['2026-11-22 07:20:05,5', at + 500, 100, true],
    ['2026-11-22 07:20', at - 5000, 60_000, true],
    ['Sun, 22 Nov 2026 07:20:05 GMT', at, 1000, false],
    ['Sun Nov 22 07:20:05 2026', at, 1000, true],
    ['Sun Nov 22 07:20:05 UTC 2026', at, 1000, false],
    [String(at / 1000), at, 1000, false],
    [String(at + 7), at + 7, 1, false],
    [`${at / 1000}.25`, at + 250, 10, false],
    ['0', 0, 1000, false],
    ['1970-01-01T00:00:00Z', 0, 1000, false],
    ['2024-02-29T23:59:59Z', Date.UTC(2024, 1, 29, 23, 59, 59), 1000, false],
  ]
  for (const [text, when, width, isLocal] of known)
    assert.deepEqual(readClock(text), { at: when, width, isLocal }, text)
  for (const text of [
    '',
    '22/11/2026 07:20',
    '2026-13-01T00:00:00Z',
    '2026-11-22',
    '07:20:05',
    '17637960001',
    '2026-11-22T07:20:05+15:00',
    'x'.repeat(9999),
  ])
    assert.equal(readClock(text), null, text)
  const noise = randoms(11)
  const alphabet = '0123456789-/:.,+TZ GMTUCSunNov'
  for (let i = 0; i < 3000; i++) {
    const text = Array.from({ length: noise(40) }, () => alphabet[noise(alphabet.length)]).join('')
    const clock = readClock(text)
    assert.ok(clock === null || Number.isSafeInteger(clock.at), text)
  }
  // Every day of four centuries, by the calendar of the platform.
  for (let day = 0; day < 146_097; day += 13) {
    const date = new Date(day * 86_400_000)
    assert.equal(readClock(date.toISOString())?.at, date.getTime())
  }
})

test('packets are read whole or not at all, and timestamps keep their microseconds', () => {
  const noise = randoms(3)
  for (let i = 0; i < 2000; i++) {
    const length = noise(1200)
    const packet = ntpPacketOf(new Uint8Array(Array.from({ length }, () => noise(256))))
    assert.equal(packet !== null, length >= 48 && length <= 1024)
    if (packet) assert.ok(isRequest(packet) === (packet.mode === 3 && packet.version > 0 && packet.version < 5))
    const micros = noise(2 ** 31) * 1_000_000 + noise(1_000_000)
    assert.equal(microsOf(timestampOf(micros)), micros)
  }
  assert.equal(timestampOf(0), '83aa7e8000000000')
  // The second era begins in 2036.
  assert.equal(timestampOf((2 ** 32 - 2_208_988_800) * 1_000_000), NO_TIMESTAMP)
  assert.equal(microsOf('0000000100000000'), (2 ** 32 - 2_208_988_800 + 1) * 1_000_000)
  const value = load('chronyd')
  for (let i = 0; i < 300; i++) {
    const answer = value.servers[noise(value.servers.length)]?.answers[0]
    if (answer)
      answer[noise(2) === 0 ? 'request' : 'sent'] = Buffer.from(
        Array.from({ length: noise(64) }, () => noise(256)),
      ).toString('base64')
    assert.equal(typeof answersAsItSays(value, noise(8)), 'boolean')
  }
})

test('a wall clock without a zone is known but for quarters of an hour', () => {
  const exchange = { ...load('chronyd').clock.exchange, at: Date.UTC(2026, 10, 22, 7, 20, 0) * 1000, elapsed: 10_000 }
  const east = offsetOf({ exchange, text: '2026-11-22 14:22:30' })
  const minutes = offsetOf({ exchange, text: '2026-11-22 14:22' })
  assert.ok(east && minutes)
  assert.deepEqual(
    [0, 150, 300].map((shift) => isAt(east, shift)),
    [false, true, false],
  )
  assert.deepEqual(
    [0, 150, 300].map((shift) => isAt(minutes, shift)),
    [false, true, false],
  )
  const zoned = offsetOf({ exchange, text: '2026-11-22T14:22:30Z' })
  assert.ok(zoned && !isAt(zoned, 150))
})

test('a device that never asks is said to be one', LIMIT, async (t) => {
  const door = await doorOf(t, 123, { timePort: await freePort() })
  const declared = door.statement.time?.[0]
  assert.ok(declared?.enable)
  declared.enable = { ...declared.enable, body: '{"address":null,"port":null}' }
  declared.pollSeconds = 1
  const seen = await door.seen(probe)
  assert.deepEqual(door.judged(criterion, seen, { subject: CAMERA }).codes, ['genuine-not-met'])
})

test(
  'a clock source is asked where it is a time server by its address; an answer to somebody else is none',
  LIMIT,
  async (t) => {
    assert.deepEqual(timeServerOf('ntp://192.0.2.5'), { address: '192.0.2.5', port: 123 })
    assert.deepEqual(timeServerOf('ntp://[2001:db8::5]:1123/'), { address: '2001:db8::5', port: 1123 })
    for (const other of [null, 'GPS', 'ntp://pool.example', 'ntp://192.0.2.5:99999', 'ntp://1.2.3', 'http://192.0.2.5'])
      assert.equal(timeServerOf(other), null)
    const now = () => Date.now() * 1000
    const started = await startNtp({ address: '127.0.0.1', port: 0, now })
    assert.ok('server' in started)
    const { server } = started
    t.after(() => server.close())
    const at = { address: '127.0.0.1', port: server.port }
    server.show({ shows: 'genuine', shift: 30 })
    const sample = await askTime(at, now)
    assert.ok(
      'offset' in sample && Math.abs(sample.offset + 30_000_000) <= sample.uncertainty + 2_000,
      JSON.stringify(sample),
    )
    const refused = TIME_IMPOSTORS.map(async (shows) => {
      const other = await startNtp({ address: '127.0.0.1', port: 0, now })
      assert.ok('server' in other)
      t.after(() => other.server.close())
      // The first request is the earlier one that the second is answered with.
      const place = { address: '127.0.0.1', port: other.server.port }
      await askTime(place, now)
      other.server.show({ shows, shift: 30 })
      const told = await askTime(place, now)
      return 'why' in told ? told.why : 'believed'
    })
    assert.deepEqual(await Promise.all(refused), ['timeout', 'timeout', 'unsynchronised', 'unsynchronised'])
  },
)

/** The same numbers every time. */
function randoms(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
