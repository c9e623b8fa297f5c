import assert from 'node:assert/strict'
import { test } from 'node:test'
import { probe as firstUse } from '../lab/probes/first-use.ts'
import { probe as httpCredentials } from '../lab/probes/http-credentials.ts'
import { probe as rtspCredentials } from '../lab/probes/rtsp-credentials.ts'
import { criterion } from '../suites/authentication/first-use-password-change.ts'
import type { Answered, ObservationKind } from '../suites/observation.ts'
import type { FirstUse } from '../suites/observations/first-use.ts'
import { doorOf, type Door } from './support/door.ts'

const LIMIT = { timeout: 60_000 }
const FRESH = { factoryFresh: true, lock: { failures: 5, windowSeconds: 1, lockSeconds: 1 } }

/** The tries that come before, then what is looked at here. */
async function seenOf(door: Door): Promise<Answered<FirstUse>> {
  const web = await door.seen(httpCredentials)
  const stream = await door.seen(rtspCredentials)
  door.bench.seen = <T>(kind: ObservationKind<T>) =>
    (kind.id === 'http-credentials' ? [web] : kind.id === 'rtsp-credentials' ? [stream] : []).map((s) => ({
      subject: 'a',
      value: s.value as T,
    }))
  return await door.seen(firstUse)
}

test('out of its box the conforming camera gives nothing but its set-up', LIMIT, async (t) => {
  const door = await doorOf(t, 20, FRESH)
  const seen = await seenOf(door)
  const sound = door.judged(criterion, seen)
  assert.equal(sound.verdict, 'pass', sound.codes.join())
  assert.ok(sound.codes.length >= 9 && sound.codes.every((c) => c === 'refused'))
  const changed = (change: (v: FirstUse) => void): [string, string[]] => {
    const { verdict, codes } = door.judged(criterion, seen, { change })
    return [verdict, [...new Set(codes)].filter((c) => c !== 'refused')]
  }
  const silence = { code: 'timeout', detail: '' } as const
  assert.deepEqual(
    changed((v) => (v.visits[0]!.anonymous = { ...v.visits[0]!.anonymous, rounds: [], failure: silence })),
    ['inconclusive', ['no-answer']],
  )
  assert.deepEqual(
    changed((v) => (v.starts[0]!.after = { ...v.starts[0]!.after, failure: silence })),
    ['inconclusive', ['start-page-silent']],
  )
  assert.deepEqual(
    changed((v) => (v.visits = [])),
    ['inconclusive', ['nothing-declared']],
  )
  assert.deepEqual(
    changed((v) => (v.complete = false)),
    ['inconclusive', ['incomplete']],
  )
  assert.equal(
    changed((v) => (v.visits[0]!.anonymous = v.starts[0]!.before))[0],
    'pass',
    'the set-up page in its place is no leak',
  )
  const page = Buffer.from('HTTP/1.1 200 OK\r\n\r\n{"serial":"D20","users":["admin"]}').toString('base64')
  const raw = { elapsed: 1, answer: { raw: page, length: 60, end: 'closed' as const } }
  assert.deepEqual(
    changed((v) => (v.visits[0]!.anonymous = { ...v.visits[0]!.anonymous, rounds: [raw] })),
    ['inconclusive', ['given']],
  )
  const refusal = Buffer.from('HTTP/1.1 200 OK\r\n\r\n{"code":-2,"msg":"not logged in"}').toString('base64')
  const coded = { elapsed: 1, answer: { raw: refusal, length: 60, end: 'closed' as const } }
  assert.equal(
    changed((v) => (v.visits[0]!.anonymous = { ...v.visits[0]!.anonymous, rounds: [coded] }))[0],
    'pass',
    'a refusal in a code and in words',
  )
  const undeclared = door.judged(criterion, seen, {
    change: (_, statement) => {
      delete statement.actions.initialise
    },
  })
  assert.deepEqual([undeclared.verdict, undeclared.codes.at(-1)], ['inconclusive', 'no-set-up-declared'])
})

test(
  'a published password that opens everything before it was changed fails, and so does an open stream',
  LIMIT,
  async (t) => {
    const door = await doorOf(t, 21, { ...FRESH, weaknesses: ['works-before-set-up'] })
    const seen = await seenOf(door)
    const { verdict, findings } = door.judged(criterion, seen)
    assert.equal(verdict, 'fail')
    const opened = findings.filter((f) => f.is === 'violation').map((f) => String(f.message.values['target']))
    for (const target of ['/api/users', '/snapshot.jpg', '/live/main'])
      assert.ok(opened.includes(target), opened.join())
    const open = await doorOf(t, 22, { ...FRESH, weaknesses: ['anonymous-stream'] })
    const given = open.judged(criterion, await open.seen(firstUse))
    assert.deepEqual([given.verdict, given.codes.includes('given')], ['fail', true])
  },
)

test('where no sample arrives factory-fresh the criterion does not know', LIMIT, async (t) => {
  const door = await doorOf(t, 23)
  assert.equal(criterion.applies(door.statement).answer, 'unknown')
})
