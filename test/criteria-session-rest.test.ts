import assert from 'node:assert/strict'
import { test } from 'node:test'
import { probe as idleProbe } from '../lab/probes/session-idle.ts'
import { probe as changeProbe } from '../lab/probes/session-password-change.ts'
import { criterion as idle } from '../suites/authentication/idle-session-ends.ts'
import { criterion as change } from '../suites/authentication/session-ends-at-password-change.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import type { SessionIdle } from '../suites/observations/session-idle.ts'
import type { SessionPasswordChange } from '../suites/observations/session-password-change.ts'
import { doorOf } from './support/door.ts'

/** What ends a session without a log-out: a new password, and rest. The reference camera, and what is no pass. */
const LIMIT = { timeout: 60_000 }

const silent = (exchange: Exchange): Exchange => ({
  ...exchange,
  rounds: [],
  failure: { code: 'timeout', detail: 'no byte of an answer' },
})

test('a new password ends the session; where it does not, it fails, and nothing less is a pass', LIMIT, async (t) => {
  const door = await doorOf(t, 51, { formLogin: true })
  const seen = await door.seen(changeProbe)
  assert.deepEqual(door.bench.undone, ['session-password-change a/login/form'])
  assert.deepEqual(
    [seen.value.account, seen.value.looks.map((l) => l.length), seen.value.idleSeconds],
    ['lab-spare', [1], null],
  )
  const changed = (apply: (v: SessionPasswordChange) => void) => {
    const { verdict, codes } = door.judged(change, seen, { change: apply })
    return [verdict, ...codes]
  }
  assert.deepEqual(
    changed(() => undefined),
    ['pass', 'dead'],
  )
  for (const apply of [
    (v: SessionPasswordChange) => (v.opened = v.anonymous),
    (v: SessionPasswordChange) => (v.anonymous = v.opened),
    (v: SessionPasswordChange) => (v.anonymous = silent(v.anonymous)),
  ])
    assert.deepEqual(changed(apply), ['inconclusive', 'log-in-unproven'])
  assert.deepEqual(
    changed((v) => (v.before = v.anonymous)),
    ['inconclusive', 'lost-before'],
    'what another log-in had put out did not end by the change',
  )
  assert.deepEqual(
    changed((v) => (v.fresh.opened = v.anonymous)),
    ['inconclusive', 'change-unproven'],
    'a password that was not changed ends nothing',
  )
  assert.deepEqual(
    changed((v) => (v.looks[0] = [silent(v.anonymous)])),
    ['inconclusive', 'unclear'],
  )
  assert.deepEqual(
    changed((v) => (v.looks = [])),
    ['inconclusive', 'unclear'],
  )
  assert.deepEqual(
    changed((v) => v.looks.unshift([v.before])),
    ['pass', 'dead-later'],
  )
  for (const idleSeconds of [1, null])
    assert.deepEqual(
      changed((v) => {
        v.idleSeconds = idleSeconds
        v.looks[0]![0]!.at += (idleSeconds ?? 60) * 1_000_000
      }),
      ['inconclusive', 'rested'],
      'so long alone, it may have ended by itself',
    )
  const weak = await doorOf(t, 52, { formLogin: true, weaknesses: ['session-outlives-password'] })
  const outlived = await weak.seen(changeProbe)
  assert.equal(outlived.value.looks.length, 7, 'looked at again and again for a moment')
  const found = weak.judged(change, outlived)
  assert.deepEqual([found.verdict, found.codes], ['fail', ['alive']])
  const open = weak.judged(change, outlived, { change: (v) => (v.nobody = v.opened) })
  assert.deepEqual([open.verdict, open.codes], ['inconclusive', ['open-to-all']])
  const unproven = weak.judged(change, outlived, { change: (v) => (v.fresh.opened = v.anonymous) })
  assert.deepEqual([unproven.verdict, unproven.codes], ['inconclusive', ['change-unproven']])
})

test('no password is changed that could not be put back, and none but that of a spare account', LIMIT, async (t) => {
  const door = await doorOf(t, 53, { formLogin: true })
  const why = async (): Promise<string> => {
    const seen = await changeProbe.run(door.bench, 'a/login/form')
    return seen.answered ? 'answered' : seen.why.code
  }
  const action = door.statement.actions.changePassword!
  const given = { ...action }
  action.target = '/api/users/me/password'
  assert.equal(await why(), 'session-password-change.only-own')
  Object.assign(action, given, { done: 'something the device never says' })
  assert.equal(await why(), 'session-password-change.own-not-settable')
  Object.assign(action, given)
  const { session } = door.statement.services[0]!
  session!.browser = { logIn: [] }
  assert.equal(await why(), 'session-password-change.in-browser')
  assert.equal(await whyIdle(door.bench), 'session-idle.not-declared')
  session!.idleSeconds = 2
  assert.equal(await whyIdle(door.bench), 'session-idle.in-browser')
  delete session!.browser
  session!.idleSeconds = 7200
  assert.equal(await whyIdle(door.bench), 'session-idle.too-long')
  for (const a of door.statement.accounts) delete a.spare
  assert.equal(await why(), 'session-password-change.no-spare')
  assert.deepEqual(door.bench.undone, [], 'nothing was changed')
  delete door.statement.actions.changePassword
  assert.deepEqual([change.applies(door.statement).answer, idle.applies(door.statement).answer], ['unknown', 'yes'])
  delete door.statement.services[0]!.session
  assert.deepEqual([change.applies(door.statement).answer, idle.applies(door.statement).answer], ['no', 'no'])
})

const whyIdle = async (bench: Parameters<typeof idleProbe.run>[0]): Promise<string> => {
  const seen = await idleProbe.run(bench, 'a/login/form')
  return seen.answered ? 'answered' : seen.why.code
}

test('an unused session ends beside one that is used; where it goes on alone as well, it fails', LIMIT, async (t) => {
  const door = await doorOf(t, 54, { formLogin: true, idleSeconds: 2 })
  const seen = await door.seen(idleProbe)
  assert.equal(seen.value.used.looks.length, 6)
  const changed = (apply: (v: SessionIdle) => void, parameters: unknown = {}) => {
    const { verdict, codes } = door.judged(idle, seen, { change: apply, parameters })
    return [verdict, ...codes]
  }
  const nothing = (): void => undefined
  assert.deepEqual(changed(nothing), ['pass', 'ended'])
  assert.deepEqual(changed(nothing, { mostIdleSeconds: 2 }), ['pass', 'ended'])
  assert.deepEqual(changed(nothing, { mostIdleSeconds: 1 }), ['fail', 'longer-than-asked'])
  assert.deepEqual(
    changed((v) => (v.half.look = v.anonymous)),
    ['pass', 'ended', 'ended-early'],
  )
  assert.deepEqual(
    changed((v) => (v.half.look = v.anonymous), { mostIdleSeconds: 1 }),
    ['inconclusive', 'ended', 'declared-longer'],
  )
  for (const which of ['half', 'idle', 'used'] as const)
    assert.deepEqual(
      changed((v) => (v[which].opened = v.anonymous)),
      ['inconclusive', 'log-ins-unproven'],
      which,
    )
  assert.deepEqual(
    changed((v) => (v.anonymous = v.idle.opened)),
    ['inconclusive', 'log-ins-unproven'],
  )
  assert.deepEqual(
    changed((v) => (v.used.gave = v.idle.gave)),
    ['inconclusive', 'same-session'],
  )
  assert.deepEqual(
    changed((v) => (v.idle.gave = [])),
    ['inconclusive', 'same-session'],
    'nothing is known of what tells the sessions apart',
  )
  assert.deepEqual(
    changed((v) => (v.idleSeconds = 4)),
    ['inconclusive', 'too-soon'],
  )
  assert.deepEqual(
    changed((v) => (v.idle.look = silent(v.idle.look))),
    ['inconclusive', 'unclear'],
  )
  for (const apply of [
    (v: SessionIdle) => (v.used.looks[5] = v.anonymous),
    (v: SessionIdle) => (v.used.looks[0] = silent(v.anonymous)),
    (v: SessionIdle) => (v.used.looks = []),
  ])
    assert.deepEqual(changed(apply), ['inconclusive', 'used-lost'], 'a restart ends unused sessions as well')
  assert.deepEqual(
    changed((v) => (v.idle.look = v.used.looks[0]!)),
    ['inconclusive', 'too-soon'],
    'looked at before its time',
  )
  const alive = (more: (v: SessionIdle) => void) => (v: SessionIdle) => {
    v.idle.look = { ...v.used.looks[5]!, at: v.idle.look.at }
    v.alone = { ...structuredClone(v.idle) }
    more(v)
  }
  assert.deepEqual(changed(alive(nothing)), ['fail', 'alive'])
  for (const apply of [
    (v: SessionIdle) => (v.alone = null),
    (v: SessionIdle) => (v.alone!.look = v.anonymous),
    (v: SessionIdle) => (v.alone!.opened = v.anonymous),
    (v: SessionIdle) => (v.alone!.look.at = v.alone!.opened.at),
  ])
    assert.deepEqual(changed(alive(apply)), ['inconclusive', 'alive-beside'], 'another session may have kept it')

  const weak = await doorOf(t, 55, { formLogin: true, idleSeconds: 1, weaknesses: ['session-never-idle'] })
  const found = weak.judged(idle, await weak.seen(idleProbe))
  assert.deepEqual([found.verdict, found.codes], ['fail', ['alive']])
})
