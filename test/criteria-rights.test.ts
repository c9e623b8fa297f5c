import assert from 'node:assert/strict'
import { test } from 'node:test'
import { probe as loginAnswers } from '../lab/probes/login-answers.ts'
import { probe as rights } from '../lab/probes/rights.ts'
import { criterion as enumeration } from '../suites/authentication/no-user-enumeration.ts'
import { criterion as viewer } from '../suites/authentication/viewer-rights.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import type { LoginAnswers } from '../suites/observations/login-answers.ts'
import type { Rights } from '../suites/observations/rights.ts'
import { doorOf, withWatcher } from './support/door.ts'

const LIMIT = { timeout: 60_000 }
const WEB = 'a/login/web-lab-spare'
const STREAM = 'a/login/stream-lab-spare'

test('a viewer of the conforming camera reads and does nothing of the administrator', LIMIT, async (t) => {
  const door = await doorOf(t, 40)
  const seen = await door.seen(rights)
  const sound = door.judged(viewer, seen)
  assert.equal(sound.verdict, 'pass', sound.codes.join())
  assert.equal(sound.codes.filter((c) => c === 'viewer-refused').length, 3)
  assert.equal(sound.codes.filter((c) => c === 'viewer-may-not').length, 2)
  const changed = (change: (v: Rights) => void): [string, string[]] => {
    const { verdict, codes } = door.judged(viewer, seen, { change })
    return [verdict, codes.filter((c) => c !== 'viewer-refused' && c !== 'viewer-may-not')]
  }
  assert.deepEqual(
    changed((v) => (v.login = v.anonymous)),
    ['inconclusive', ['viewer-unproven']],
  )
  assert.deepEqual(
    changed((v) => (v.visits[0]!.administrator = v.visits[0]!.viewer)),
    ['inconclusive', ['administrator-unproven']],
  )
  assert.deepEqual(
    changed((v) => (v.actions[0]!.administrator = v.actions[0]!.viewer)),
    ['inconclusive', ['action-unproven']],
  )
  assert.deepEqual(
    changed((v) => (v.visits[1]!.viewer = { ...v.visits[1]!.viewer, rounds: [] })),
    ['inconclusive', ['unclear']],
  )
  // A camera of PHP pages that answers 200 to everything, with the truth in a code.
  const telling = ({ ...exchange }: Exchange, body: string): Exchange => {
    const raw = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n${body}`).toString('base64')
    return { ...exchange, rounds: [{ elapsed: 1, answer: { raw, length: raw.length, end: 'closed' } }] }
  }
  const byCode = (viewer: string) => (v: Rights) => {
    for (const visit of v.visits) {
      visit.administrator = telling(visit.administrator, '{"code":0,"users":["admin","guest"]}')
      visit.anonymous = telling(visit.anonymous, '{"code":-2,"msg":"not logged in"}')
      visit.viewer = telling(visit.viewer, viewer)
    }
    for (const action of v.actions) {
      action.done = '"code":0'
      action.administrator = telling(action.administrator, '{"code":0}')
      action.viewer = telling(action.viewer, viewer)
    }
  }
  assert.deepEqual(changed(byCode('{"code":-4,"msg":"no right"}')), ['pass', []])
  assert.deepEqual(changed(byCode('{"msg":"no right"}'))[0], 'inconclusive')
  assert.deepEqual(changed(byCode('{"code":0,"users":["admin","guest"]}'))[0], 'fail')
  assert.deepEqual(
    changed((v) => {
      v.visits = []
      v.actions = []
    }),
    ['inconclusive', ['nothing-declared']],
  )
  assert.deepEqual(
    changed((v) => (v.complete = false)),
    ['inconclusive', ['incomplete']],
  )
})

test(
  'a viewer who may do all fails for everything read and done, and the passwords are as before',
  LIMIT,
  async (t) => {
    const door = await doorOf(t, 41, { weaknesses: ['viewer-may-all'] })
    const { verdict, codes } = door.judged(viewer, await door.seen(rights))
    assert.equal(verdict, 'fail')
    assert.deepEqual(codes, ['viewer-reads', 'viewer-reads', 'viewer-reads', 'viewer-does', 'viewer-does'])
    const { verdict: again } = door.judged(viewer, await door.seen(rights))
    assert.equal(again, 'fail', 'everybody still logs in')
    for (const a of door.statement.accounts) a.role = 'administrator'
    assert.equal(viewer.applies(door.statement).answer, 'unknown')
    const seen = await rights.run(door.bench, 'a/rights')
    assert.ok(!seen.answered && seen.why.code === 'rights.no-viewer')
  },
)

test('the conforming camera answers known and unknown users alike, over HTTP and RTSP', LIMIT, async (t) => {
  const door = await doorOf(t, 42)
  for (const subject of [WEB, STREAM]) {
    const seen = await door.seen(loginAnswers, subject)
    const sound = door.judged(enumeration, seen)
    assert.deepEqual([sound.verdict, sound.codes], ['pass', ['answers-alike']])
    assert.equal(seen.value.pairs.length, 2, 'four failed log-ins stay under the five that lock')
    const changed = (change: (v: LoginAnswers) => void): [string, string[]] => {
      const { verdict, codes } = door.judged(enumeration, seen, { change })
      return [verdict, codes]
    }
    const silent = (e: Exchange): Exchange => ({ ...e, rounds: [], failure: { code: 'timeout', detail: '' } })
    assert.deepEqual(
      changed((v) => (v.pairs[1]!.known = silent(v.pairs[1]!.known))),
      ['inconclusive', ['no-answer']],
    )
    assert.deepEqual(
      changed((v) => (v.pairs = [])),
      ['inconclusive', ['no-answer']],
    )
    assert.deepEqual(
      changed((v) => v.pairs.pop()),
      ['inconclusive', ['too-few']],
    )
    assert.deepEqual(
      changed((v) => (v.after = v.pairs[0]!.known)),
      ['inconclusive', ['closed-in-between']],
    )
    assert.deepEqual(
      changed((v) => (v.genuine = v.pairs[0]!.known)),
      ['inconclusive', ['log-in-unproven']],
    )
    const late = (e: Exchange): void => {
      const last = e.rounds.at(-1)!
      last.elapsed += 900_000
    }
    assert.deepEqual(
      changed((v) => v.pairs.forEach((p) => late(p.known))),
      ['inconclusive', ['answers-alike', 'time-differs']],
      'time is a suspicion and no more',
    )
    assert.deepEqual(
      changed((v) => late(v.pairs[0]!.known)),
      ['pass', ['answers-alike']],
      'one late answer is an accident',
    )
    const other = Buffer.from('HTTP/1.1 404 X\r\n\r\nuser unknown').toString('base64')
    const says = (e: Exchange): Exchange => ({
      ...e,
      rounds: [{ elapsed: 1, answer: { raw: other, length: 30, end: 'closed' } }],
    })
    assert.deepEqual(
      changed((v) => (v.pairs[1]!.unknown = says(v.pairs[1]!.unknown))),
      ['inconclusive', ['answers-vary']],
    )
    assert.deepEqual(
      changed((v) => v.pairs.forEach((p) => (p.unknown = says(p.unknown)))),
      ['fail', ['tells-users']],
    )
  }
})

test('a web log-in that says that there is no such user fails, its streams do not', LIMIT, async (t) => {
  const door = await doorOf(t, 43, { weaknesses: ['tells-users'] })
  const web = door.judged(enumeration, await door.seen(loginAnswers, WEB))
  assert.deepEqual([web.verdict, web.codes], ['fail', ['tells-users']])
  assert.equal(door.judged(enumeration, await door.seen(loginAnswers, STREAM)).verdict, 'pass')
})

test(
  'a log-in by form tells users in what it says to the password, not in what the page says afterwards',
  LIMIT,
  async (t) => {
    const door = await doorOf(t, 44)
    const seen = await door.seen(loginAnswers, WEB)
    const said = (e: Exchange, text: string): void => {
      const page = `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`
      const answer = {
        raw: Buffer.from(page, 'latin1').toString('base64'),
        length: page.length,
        end: 'complete' as const,
      }
      e.request.scheme = 'form'
      e.rounds = [{ elapsed: 1000, answer }, ...e.rounds.slice(-1)]
    }
    const judged = (known: string, unknown: string) => {
      const { verdict, codes } = door.judged(enumeration, seen, {
        change: (v: LoginAnswers) => {
          said(v.genuine, 'welcome back, the settings are yours')
          said(v.after, 'welcome back, the settings are yours')
          for (const p of v.pairs) {
            said(p.known, known)
            said(p.unknown, unknown)
          }
        },
      })
      return [verdict, ...codes]
    }
    assert.deepEqual(judged('the name or the password is wrong', 'the name or the password is wrong'), [
      'pass',
      'answers-alike',
    ])
    assert.deepEqual(judged('the password that was given is wrong', 'there is nobody here of such a name'), [
      'fail',
      'tells-users',
    ])
  },
)

test('of several viewers the one who can log in is asked', LIMIT, async (t) => {
  const door = await doorOf(t, 201, {}, withWatcher)
  const seen = await door.seen(rights)
  assert.equal(seen.value.viewer, 'lab-spare')
  assert.equal(door.judged(viewer, seen).verdict, 'pass')
})
