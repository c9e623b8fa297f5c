import assert from 'node:assert/strict'
import { test } from 'node:test'
import { probe } from '../lab/probes/challenges.ts'
import { challengeCatalogue, offerOf, rowFor } from '../suites/authentication/challenge-catalogue.ts'
import { criterion as strength } from '../suites/authentication/digest-strength.ts'
import { criterion as basic } from '../suites/authentication/no-basic-in-clear.ts'
import { criterion as nonces } from '../suites/authentication/nonce-unique.ts'
import { parseChallenges } from '../suites/facts/challenge.ts'
import type { Challenges } from '../suites/observations/challenges.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import { catalogueData } from './support/authentication.ts'
import { doorOf } from './support/door.ts'

const LIMIT = { timeout: 60_000 }
const WEB = 'a/login/web-owner'
const STREAM = 'a/login/stream-owner'
const CORE = { replay: 'refused-in-clear' }

/** The same exchange with another answer, or with none. */
const answering = (exchange: Exchange, text: string | null): Exchange => ({
  ...exchange,
  failure: text === null ? { code: 'timeout', detail: 'no byte of an answer' } : null,
  rounds:
    text === null
      ? []
      : [
          {
            elapsed: 1,
            answer: { raw: Buffer.from(text, 'latin1').toString('base64'), length: text.length, end: 'complete' },
          },
        ],
})
const asking = (...challenges: string[]): string =>
  `HTTP/1.1 401 Unauthorized\r\n${challenges.map((c) => `WWW-Authenticate: ${c}\r\n`).join('')}Content-Length: 0\r\n\r\n`
const DIGEST = 'Digest realm="r", nonce="n", '

test(
  'the conforming camera passes, over TLS and in clear, also where every replay must be refused',
  LIMIT,
  async (t) => {
    const door = await doorOf(t, 10)
    for (const subject of [WEB, STREAM]) {
      const seen = await door.seen(probe, subject)
      assert.deepEqual(
        [...seen.value.fresh, ...seen.value.kept].map((e) => e.rounds.length),
        [1, 1, 1, 1, 1, 1, 1],
      )
      for (const criterion of [basic, strength])
        assert.equal(door.judged(criterion, seen).verdict, 'pass', criterion.id)
      for (const parameters of [CORE, {}]) {
        const result = door.judged(nonces, seen, { parameters })
        assert.deepEqual(
          [result.verdict, result.codes],
          ['pass', ['nonces-differ', 'refused-elsewhere', 'refused-here']],
        )
      }
      assert.equal(seen.value.clear.length, 1, 'the redirect, or the stream itself')
    }
  },
)

test('Basic that is offered, and Basic that is only accepted, fail', LIMIT, async (t) => {
  const door = await doorOf(t, 11, { weaknesses: ['basic-over-rtsp'] })
  const seen = await door.seen(probe, STREAM)
  assert.deepEqual(door.judged(basic, seen).codes, ['basic-offered'])
  assert.equal(door.judged(strength, seen).verdict, 'fail')
  assert.equal(door.judged(nonces, seen, { parameters: CORE }).verdict, 'pass')
  const silent = door.judged(basic, seen, {
    change: ({ clear }) => {
      for (const c of clear) c.anonymous = answering(c.anonymous, asking(`${DIGEST}qop="auth"`))
    },
  })
  assert.deepEqual([silent.verdict, silent.codes], ['fail', ['basic-accepted']])
  const web = await door.seen(probe, WEB)
  assert.equal(door.judged(basic, web).verdict, 'pass', 'the web interface is not the stream')
})

test('Basic: silence, an unproven log-in, unknown ports and nothing in clear', LIMIT, async (t) => {
  const door = await doorOf(t, 12)
  const seen = await door.seen(probe, STREAM)
  const changed = (change: (v: Challenges) => void) => {
    const { verdict, codes } = door.judged(basic, seen, { change })
    return [verdict, ...codes]
  }
  assert.deepEqual(
    changed(({ clear }) => (clear[0]!.basic = answering(clear[0]!.basic, null))),
    ['inconclusive', 'no-answer'],
  )
  assert.deepEqual(
    changed((v) => (v.genuine = v.fresh[0]!)),
    ['inconclusive', 'log-in-unproven'],
  )
  assert.deepEqual(
    changed((v) => (v.undiscovered = ['ipv6'])),
    ['inconclusive', 'undiscovered', 'basic-refused'],
  )
  assert.deepEqual(
    changed((v) => (v.clear = [])),
    ['pass', 'nothing-in-clear'],
  )
  assert.deepEqual(
    changed(({ clear, genuine }) => (clear[0]!.anonymous = genuine)),
    ['pass', 'asks-for-nothing'],
  )
})

test(
  'Digest: MD5 alone in clear fails, and so does the weakness; within TLS and beside SHA-256 it is noted',
  LIMIT,
  async (t) => {
    const door = await doorOf(t, 13, { weaknesses: ['old-digest'] })
    const seen = await door.seen(probe, STREAM)
    assert.deepEqual(door.judged(strength, seen).codes, ['forbidden'])
    assert.equal(door.judged(basic, seen).verdict, 'pass')
    assert.equal(door.judged(nonces, seen, { parameters: CORE }).verdict, 'pass', 'its nonces are bound to connections')
    assert.equal(door.judged(nonces, seen).verdict, 'fail', 'without qop nothing is counted on one connection')
    const over = (tls: boolean, ...challenges: string[]) => {
      const { verdict, codes } = door.judged(strength, seen, {
        change: (v) => {
          v.tls = tls
          v.fresh = v.fresh.map((e) => answering(e, challenges.length > 0 ? asking(...challenges) : null))
        },
      })
      return [verdict, ...codes]
    }
    assert.deepEqual(over(true, `${DIGEST}algorithm=MD5`), ['pass', 'noted'])
    assert.deepEqual(over(true, 'Basic realm="r"'), ['pass', 'noted'])
    assert.deepEqual(over(false, `${DIGEST}algorithm=SHA-256, qop="auth"`), ['pass', 'allowed'])
    assert.deepEqual(over(true, `${DIGEST}algorithm=SHA-256-sess, qop="auth,auth-int"`), ['pass', 'allowed'])
    assert.deepEqual(over(false, `${DIGEST}algorithm=SHA-256`), ['fail', 'forbidden'])
    assert.deepEqual(over(false, `${DIGEST}algorithm=SHA-256, qop="auth"`, `${DIGEST}qop="auth"`), [
      'pass',
      'allowed',
      'noted',
    ])
    assert.deepEqual(over(false, `${DIGEST}algorithm=WHIRL, qop="auth"`), ['inconclusive', 'unknown-mechanism'])
    assert.deepEqual(over(false, 'Negotiate'), ['inconclusive', 'unknown-mechanism'])
    assert.deepEqual(
      over(true, 'Bearer realm="r"'),
      ['inconclusive', 'no-challenge'],
      'no form, and no password asked for',
    )
    assert.deepEqual(over(false), ['inconclusive', 'no-answer'])
    assert.equal(
      door.judged(strength, seen, { change: (v) => (v.fresh = [v.genuine]) }).codes.join(),
      'no-challenge',
      'nothing asked for is no pass',
    )
  },
)

test('nonces: the same for everybody, and answers that can be sent again, fail', LIMIT, async (t) => {
  const same = await doorOf(t, 14, { weaknesses: ['same-nonce'] })
  const fixed = await same.seen(probe, WEB)
  const result = same.judged(nonces, fixed, { parameters: CORE })
  assert.equal(result.verdict, 'fail')
  assert.ok(result.codes.includes('nonce-reused'))
  const open = await doorOf(t, 15, { weaknesses: ['digest-replay'] })
  const stream = await open.seen(probe, STREAM)
  assert.deepEqual(open.judged(nonces, stream, { parameters: CORE }).codes, [
    'nonces-differ',
    'accepted-elsewhere',
    'accepted-here',
  ])
  assert.equal(open.judged(nonces, stream, { parameters: CORE }).verdict, 'fail')
  assert.equal(open.judged(nonces, stream, { parameters: { replay: 'noted' } }).verdict, 'pass')
  const web = await open.seen(probe, WEB)
  assert.equal(open.judged(nonces, web, { parameters: CORE }).verdict, 'pass', 'within TLS nobody can overhear it')
  assert.equal(open.judged(nonces, web).verdict, 'fail')
  for (const one of [basic, strength]) assert.equal(open.judged(one, stream).verdict, 'pass')
})

test('nonces: one that lasts a moment stays open where no repeated answer was taken', LIMIT, async (t) => {
  const door = await doorOf(t, 17)
  const seen = await door.seen(probe, WEB)
  const nonce = (name: string) => asking(`Digest realm="r", qop="auth", nonce="${name}"`)
  const changed = (change: (v: Challenges) => void = () => undefined) => {
    const { verdict, codes } = door.judged(nonces, seen, {
      change: (v) => {
        const [at = 0] = v.fresh.map((e) => e.at)
        const all = [...v.fresh, ...v.kept].map((e, i) => ({ ...answering(e, nonce('moment')), at: at + i * 10_000 }))
        v.fresh = all.slice(0, 5)
        v.kept = all.slice(5)
        v.later = { ...answering(v.fresh[0]!, nonce('another')), at: at + 1_400_000 }
        change(v)
      },
    })
    return [verdict, codes[0]]
  }
  assert.deepEqual(changed(), ['inconclusive', 'nonce-of-a-moment'])
  const worse: [about: string, change: (v: Challenges) => void][] = [
    ['no later one', (v) => delete v.later],
    ['a later one that was not answered', (v) => (v.later = answering(v.later!, null))],
    ['the same later', (v) => (v.later = { ...v.later!, rounds: v.fresh[0]!.rounds })],
    ['the same for longer', (v) => (v.kept[1]!.at += 1_300_000)],
    ['a use that does not count', (v) => (v.replay!.elsewhere = v.replay!.genuine)],
    ['nothing known of uses', (v) => (v.replay!.after = v.fresh[0]!)],
  ]
  for (const [about, change] of worse) assert.deepEqual(changed(change), ['fail', 'nonce-reused'], about)
  assert.ok(seen.value.later === undefined, 'nothing is waited for where each nonce is another one')
})

test('nonces: too few, counted ones, and a log-in that does not work are no pass', LIMIT, async (t) => {
  const door = await doorOf(t, 16)
  const seen = await door.seen(probe, STREAM)
  const changed = (change: (v: Challenges) => void) => {
    const { verdict, codes } = door.judged(nonces, seen, { parameters: CORE, change })
    return [verdict, ...codes]
  }
  assert.deepEqual(
    changed((v) => (v.fresh = v.fresh.slice(0, 3))),
    ['inconclusive', 'too-few-challenges'],
  )
  assert.deepEqual(
    changed((v) => {
      v.kept = []
      v.fresh = v.fresh.map((e, i) => answering(e, asking(`Digest realm="r", qop="auth", nonce="0000000${i}"`)))
    }).slice(0, 2),
    ['inconclusive', 'nonce-guessable'],
  )
  const basicOnly = changed((v) => {
    v.fresh = v.fresh.map((e) => answering(e, asking('Basic realm="r"')))
    v.kept = []
  })
  assert.deepEqual(basicOnly, ['fail', 'no-nonce'])
  const withinTls = changed((v) => {
    v.fresh = v.fresh.map((e) => answering(e, asking('Basic realm="r"')))
    v.kept = []
    v.tls = true
  })
  assert.deepEqual(withinTls, ['pass', 'no-digest'])
  assert.ok(
    changed((v) => {
      v.replay!.genuine = v.fresh[0]!
    }).includes('replay-unproven'),
  )
  assert.ok(
    changed((v) => {
      v.replay!.after = v.fresh[0]!
    }).includes('unclear-elsewhere'),
    'a door that has closed for everybody refuses nobody in particular',
  )
  assert.ok(changed((v) => (v.replay = null)).includes('replay-unproven'))
})

test('the catalogue is refused where it is not understood, and hostile challenges break nothing', () => {
  const table = challengeCatalogue(catalogueData('challenges'))
  for (const bad of [null, {}, { strong: {}, rows: [] }, { strong: { algorithms: [] }, rows: [{ id: 'x' }] }])
    assert.throws(() => challengeCatalogue(bad), TypeError)
  assert.throws(
    () =>
      challengeCatalogue({
        strong: { algorithms: [] },
        rows: [{ id: 'x', when: { scheme: 'basic', color: 1 }, verdict: 'noted' }],
      }),
    TypeError,
  )
  let state = 7
  const random = (most: number): number => (state = (state * 1103515245 + 12345) % 2147483648) % most
  const words = ['Digest', 'Basic', ' ', ',', '=', '"', '\\', 'qop', 'nonce', 'algorithm', 'auth', '\0', 'é', 'MD5']
  for (let i = 0; i < 3000; i++) {
    const text = Array.from({ length: random(30) }, () => words[random(words.length)]).join('')
    const offers = parseChallenges(text).map(offerOf)
    for (const offer of offers) rowFor(offer, offers, i % 2 === 0, table)
  }
})

test(
  'a log-in by form asks for nothing by a challenge; with a challenge beside it, that is judged',
  LIMIT,
  async (t) => {
    const door = await doorOf(t, 19)
    const seen = await door.seen(probe, WEB)
    const away = 'HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n'
    const byForm = (more: (v: Challenges) => void) => (v: Challenges) => {
      v.genuine.request.scheme = 'form'
      v.fresh = v.fresh.map((e) => answering(e, away))
      v.replay = null
      more(v)
    }
    for (const criterion of [strength, nonces]) {
      const of = (change: (v: Challenges) => void) => {
        const { verdict, codes } = door.judged(criterion, seen, { change })
        return [verdict, ...codes]
      }
      assert.deepEqual(of(byForm(() => undefined)), ['pass', 'asks-by-form'], criterion.id)
      assert.equal(of(byForm((v) => (v.fresh = [])))[0], 'inconclusive', 'nothing was asked')
      assert.equal(of(byForm((v) => (v.fresh[1] = answering(v.fresh[1]!, null))))[0], 'inconclusive', 'silence')
      assert.equal(of(byForm((v) => (v.genuine = answering(v.genuine, away))))[0], 'inconclusive', 'nobody gets in')
      const beside = (...challenges: string[]) =>
        of(byForm((v) => (v.fresh = v.fresh.map((e) => answering(e, asking(...challenges))))))
      assert.notEqual(beside('Basic realm="r"')[1], 'asks-by-form')
      assert.notEqual(beside('Bearer realm="r"', 'Basic realm="r"')[1], 'asks-by-form')
      // gunicorn behind haproxy, where the log-in by a call gives a token (RFC 6750 section 3)
      assert.deepEqual(beside('Bearer realm="camera"'), ['pass', 'asks-by-form'])
    }
  },
)
