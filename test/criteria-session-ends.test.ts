import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { probe } from '../lab/probes/sessions.ts'
import { comparedValues, madeUpLike, toldOf } from '../lab/probes/session-values.ts'
import { criterion as ends } from '../suites/authentication/session-ends-at-log-out.ts'
import { criterion as identifiers } from '../suites/authentication/session-identifiers.ts'
import { criterion as renewed } from '../suites/authentication/session-renewed-at-log-in.ts'
import { faultOf, type GivenValue } from '../suites/facts/session-values.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import type { Sessions } from '../suites/observations/sessions.ts'
import { doorOf } from './support/door.ts'

/** Log-out, renewal and identifiers of sessions: the reference camera with and without the weakness, and what is no pass. */
const LIMIT = { timeout: 60_000 }

const silent = (exchange: Exchange): Exchange => ({
  ...exchange,
  rounds: [],
  failure: { code: 'timeout', detail: 'no byte of an answer' },
})
const status = (exchange: Exchange, line: string): Exchange => ({
  ...exchange,
  rounds: exchange.rounds.map((r) => ({
    ...r,
    answer: { ...r.answer, raw: Buffer.from(`HTTP/1.1 ${line}\r\nContent-Length: 0\r\n\r\n`).toString('base64') },
  })),
})

test(
  'log-out: the session of the conforming camera is dead; where only the cookie goes, it fails',
  LIMIT,
  async (t) => {
    const door = await doorOf(t, 43, { formLogin: true })
    const seen = await door.seen(probe)
    const sound = door.judged(ends, seen)
    assert.deepEqual([sound.verdict, sound.codes], ['pass', ['dead']])
    const changed = (change: (v: Sessions) => void) => {
      const { verdict, codes } = door.judged(ends, seen, { change })
      return [verdict, ...codes]
    }
    const unclear = ['inconclusive', 'unclear']
    assert.deepEqual(
      changed((v) => (v.first.out = null)),
      ['inconclusive', 'no-log-out'],
    )
    assert.deepEqual(
      changed((v) => (v.first.before = v.anonymous)),
      ['inconclusive', 'lost-before'],
      'what was over already did not end by the log-out',
    )
    for (const line of ['404 Not Found', '403 Forbidden', '500 Oh'])
      assert.deepEqual(
        changed((v) => (v.first.out = status(v.first.out!, line))),
        ['inconclusive', 'log-out-refused'],
        line,
      )
    assert.deepEqual(
      changed((v) => (v.first.out = silent(v.first.out!))),
      ['inconclusive', 'log-out-refused'],
    )
    assert.deepEqual(
      changed((v) => (v.first.replayed[0] = silent(v.first.replayed[0]!))),
      unclear,
    )
    assert.deepEqual(
      changed((v) => v.more.forEach((m) => (m.opened = v.anonymous))),
      unclear,
      'a door that has closed for everybody refuses nobody in particular',
    )
    for (const [line, end] of [
      ['200 OK', 'complete'],
      ['403 Forbidden', 'timeout'],
    ] as const)
      assert.deepEqual(
        changed((v) => {
          const cut = status(v.first.replayed[0]!, line)
          cut.rounds.forEach((r) => (r.answer.end = end))
          v.first.replayed = [cut]
        }),
        unclear,
        'neither a good page that is missing nor a cut answer is a refusal',
      )
    assert.equal(changed((v) => (v.first.opened = silent(v.first.opened)))[1], 'log-in-unproven')
    assert.equal(changed((v) => (v.first.parts = []))[1], 'carrier-unknown')

    const weak = await doorOf(t, 44, { formLogin: true, weaknesses: ['session-survives-log-out'] })
    const survived = await weak.seen(probe)
    const found = weak.judged(ends, survived)
    assert.deepEqual([found.verdict, found.codes], ['fail', ['alive']])
    for (const other of [renewed, identifiers]) assert.equal(weak.judged(other, survived).verdict, 'pass', other.id)
    const nothingDone = weak.judged(ends, survived, {
      change: (v) => {
        v.first.left = v.first.before
        v.first.out = status(v.first.out!, '200 OK')
      },
    })
    assert.deepEqual([nothingDone.verdict, nothingDone.codes], ['inconclusive', ['without-effect']])
    const second = weak.judged(ends, survived, {
      change: (v) => (v.first.replayed = [v.anonymous, v.first.before]),
    })
    assert.equal(second.verdict, 'fail', 'what the last answer had given lives on')
  },
)

test('renewal: made-up cookies open nothing; a camera that takes them for its own fails', LIMIT, async (t) => {
  const door = await doorOf(t, 45, { formLogin: true })
  const seen = await door.seen(probe)
  const sound = door.judged(renewed, seen)
  assert.deepEqual([sound.verdict, sound.codes], ['pass', ['made-up-replaced', 'nothing-given']])
  const changed = (change: (v: Sessions) => void) => {
    const { verdict, codes } = door.judged(renewed, seen, { change })
    return [verdict, ...codes.filter((c) => c !== 'nothing-given')]
  }
  assert.deepEqual(
    changed((v) => (v.planted = [])),
    ['inconclusive', 'not-planted'],
  )
  assert.deepEqual(
    changed((v) => (v.planted[0]!.before = v.first.opened)),
    ['inconclusive', 'open-before'],
  )
  assert.deepEqual(
    changed((v) => (v.planted[0]!.known = silent(v.anonymous))),
    ['inconclusive', 'unclear'],
  )
  assert.deepEqual(
    changed((v) => (v.planted[0]!.opened = silent(v.anonymous))),
    ['inconclusive', 'unclear'],
    'who was never logged in shows nothing',
  )
  assert.deepEqual(
    changed((v) => (v.planted[0]!.opened = v.anonymous)),
    ['pass', 'log-in-refused'],
  )
  assert.deepEqual(
    changed((v) => (v.visits[0] = silent(v.visits[0]!))),
    ['inconclusive', 'made-up-replaced', 'visits-unanswered'],
  )
  const given = (opens: (v: Sessions) => Exchange) => (v: Sessions) => {
    v.planted.unshift({ ...structuredClone(v.planted[0]!), how: 'given', known: opens(v) })
  }
  assert.deepEqual(changed(given((v) => v.anonymous)), ['pass', 'given-replaced', 'made-up-replaced'])
  assert.deepEqual(changed(given((v) => v.first.opened)), ['fail', 'given-adopted', 'made-up-replaced'])
  assert.deepEqual(
    changed((v) => (v.first.parts[0]!.is = 'token')),
    ['pass', 'no-cookie'],
  )

  const weak = await doorOf(t, 46, { formLogin: true, weaknesses: ['session-adopted'] })
  const adopted = await weak.seen(probe)
  const found = weak.judged(renewed, adopted)
  assert.deepEqual([found.verdict, found.codes], ['fail', ['made-up-adopted', 'nothing-given']])
  for (const other of [ends, identifiers]) assert.equal(weak.judged(other, adopted).verdict, 'pass', other.id)
})

test('identifiers: drawn ones pass, counted ones fail, too few are no pass', LIMIT, async (t) => {
  const door = await doorOf(t, 47, { formLogin: true })
  const seen = await door.seen(probe)
  const sound = door.judged(identifiers, seen)
  assert.deepEqual([sound.verdict, sound.codes], ['pass', ['nothing-found']])
  const changed = (change: (v: Sessions) => void, parameters: unknown = {}) => {
    const { verdict, codes } = door.judged(identifiers, seen, { change, parameters })
    return [verdict, ...codes]
  }
  const tooFew = ['inconclusive', 'too-few']
  assert.deepEqual(
    changed((v) => (v.more = v.more.slice(0, 3))),
    tooFew,
  )
  assert.deepEqual(
    changed((v) => v.more.forEach((m) => (m.opened = v.anonymous))),
    tooFew,
    'what opens nothing is no identifier of a session',
  )
  assert.deepEqual(
    changed((v) => (v.values = [])),
    tooFew,
  )
  assert.deepEqual(
    changed(() => undefined, { leastBits: 200 }),
    ['fail', 'short'],
  )
  const same = (apart: number) => (v: Sessions) => {
    const [a, b] = [v.first.entry, v.more[4]!.entry]
    b.gave = structuredClone(a.gave)
    const last = a.rounds.at(-1)!
    b.rounds.forEach((r) => (r.at = last.at + last.elapsed + apart))
  }
  assert.deepEqual(changed(same(1_000_000)), ['fail', 'repeated'])
  assert.deepEqual(changed(same(900_000)), ['inconclusive', 'repeated-at-once'])

  const weak = await doorOf(t, 48, { formLogin: true, weaknesses: ['session-counted'] })
  const counted = await weak.seen(probe)
  const found = weak.judged(identifiers, counted)
  assert.deepEqual([found.verdict, found.codes], ['fail', ['counted']])
  for (const other of [ends, renewed]) assert.equal(weak.judged(other, counted).verdict, 'pass', other.id)
})

/** Six log-ins, `apart` microseconds from one another, each answered within 5 ms. */
function faultIn(texts: readonly string[], apart = 300_000) {
  const key = randomBytes(32)
  const values = texts.map((value) => [{ is: 'cookie' as const, name: 'n', value }])
  const given = values.map((v, i): GivenValue => {
    const [gave] = toldOf(v, key)
    const from = 1_763_800_000_000_000 + i * apart
    return { at: '', from, to: from + 5000, ...gave! }
  })
  return faultOf(given, comparedValues(values)[0], 64)?.is ?? null
}
const six = (make: (i: number) => string): string[] => Array.from({ length: 6 }, (_, i) => make(i))
/** When the device made the i-th of them, microseconds. */
const made = (i: number): number => 1_763_800_000_000_000 + i * 300_000 + 2000 + i * 37

test('values: what is counted, taken from the clock, repeated or short is told from what is drawn', () => {
  for (const [form, texts, fault] of [
    ['decimal', six((i) => String(99_998 + i)), 'counted'],
    ['downwards', six((i) => String(500_000 - 3 * i)), 'counted'],
    ['with words', six((i) => `id-${1000 + i}-user`), 'counted'],
    ['long, with words', six((i) => `session:${String(41_000_000_000 + 7 * i)}`), 'counted'],
    ['hexadecimal', six((i) => (0xdeadbe00 + 16 * i).toString(16).padStart(32, '0')), 'counted'],
    ['base64', six((i) => Buffer.from(`camera-user-session-${i}`).toString('base64')), 'counted'],
    ['microseconds', six((i) => String(made(i))), 'timed'],
    ['milliseconds, hexadecimal', six((i) => Math.floor(made(i) / 1000).toString(16)), 'timed'],
    ['the same', six(() => 'c0ffee'.repeat(8)), 'repeated'],
    ['eight digits', six((i) => String(10_000_000 + ((i * 48_271_337) % 89_999_999))), 'short'],
    ['a common part', six(() => `${'z'.repeat(40)}${randomBytes(2).toString('hex')}`), 'short'],
  ] as const)
    assert.equal(faultIn(texts), fault, form)
  const padded = six((i) => String(1_763_800_000 + i).padStart(20, '0'))
  assert.equal(faultIn(padded, 1_000_000), 'timed', 'seconds, made longer')
  const seconds = six((i) => `a-${String(1_763_800_000 + 2 * i)}`)
  assert.equal(faultIn(seconds, 2_000_000), 'timed', 'seconds')
})

test('values: drawn ones of every usual form are not accused', () => {
  for (let n = 0; n < 300; n++)
    for (const draw of [
      () => randomBytes(8).toString('hex'),
      () => randomBytes(16).toString('hex').toUpperCase(),
      () => randomBytes(12).toString('base64'),
      () => randomBytes(24).toString('base64url'),
      () => BigInt(`0x${randomBytes(16).toString('hex')}`).toString(10),
      () => `web-${randomBytes(9).toString('hex')}.3`,
      () => `${Date.now()}-${randomBytes(16).toString('hex')}`,
      () => Buffer.from(`admin:${randomBytes(16).toString('hex')}`).toString('base64'),
    ]) {
      const texts = six(draw)
      assert.equal(faultIn(texts), null, texts.join(' '))
    }
})

test('values: hostile ones break nothing, and what is made up has the form of the original', () => {
  let state = 5
  const random = (most: number): number => (state = (state * 1103515245 + 12345) % 2147483648) % most
  const words = ['', '0', '9', 'f', 'F', '=', '-', '\0', 'é', '1'.repeat(600), 'zz', '+/', '%']
  const text = () => Array.from({ length: random(6) }, () => words[random(words.length)]).join('')
  for (let i = 0; i < 2000; i++) {
    faultIn(six(text))
    const like = text()
    assert.equal(madeUpLike(like).length, like.length)
    assert.equal(/^[0-9]*$/.test(madeUpLike(like)), /^[0-9]*$/.test(like))
  }
  comparedValues([[], [{ is: 'token', name: 't', value: '' }], [{ is: 'token', name: 't', value: '' }]])
  faultIn(six(() => 'x'.repeat(16_000)))
})
