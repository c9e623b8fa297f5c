import assert from 'node:assert/strict'
import { test } from 'node:test'
import { candidatesFor } from '../lab/probes/password-candidates.ts'
import { probe } from '../lab/probes/password-rules.ts'
import { criterion } from '../suites/authentication/password-rules.ts'
import { classesOf } from '../suites/facts/password.ts'
import type { PasswordRules } from '../suites/observations/password-rules.ts'
import { catalogueData } from './support/authentication.ts'
import { doorOf } from './support/door.ts'

const LIMIT = { timeout: 60_000 }
const CORE = { minimumLength: 8, classes: 4, notUserName: true, notCommon: true }

test('the conforming camera refuses every weak password, and its spare account is as before', LIMIT, async (t) => {
  const door = await doorOf(t, 30)
  const seen = await door.seen(probe)
  const sound = door.judged(criterion, seen, { parameters: CORE })
  assert.equal(sound.verdict, 'pass', sound.codes.join())
  assert.deepEqual([...sound.codes].sort(), [
    'refused-classes',
    'refused-common',
    'refused-length',
    'refused-user-name',
  ])
  assert.deepEqual(door.bench.undone, ['password-rules a'])
  const failed = seen.value.tries.filter((one) => one.now !== null).length
  assert.equal(failed, 1, 'only the good one of eleven characters is taken, at the cost of one failed log-in')
  const changed = (change: (v: PasswordRules) => void, parameters: unknown = CORE): [string, string[]] => {
    const { verdict, codes } = door.judged(criterion, seen, { parameters, change })
    return [verdict, codes.filter((c) => !c.startsWith('refused-'))]
  }
  const nothing = (): void => undefined
  assert.deepEqual(changed(nothing, { minimumLength: 12 }), ['fail', ['taken-length']])
  assert.deepEqual(changed(nothing, { classes: 2 }), ['pass', []])
  assert.deepEqual(changed(nothing, { minimumLength: 4 }), ['inconclusive', ['rule-not-tried']])
  assert.deepEqual(changed(nothing, {}), ['inconclusive', ['no-rule-asked']])
  assert.deepEqual(
    changed((v) => (v.control.login = v.anonymous)),
    ['inconclusive', ['change-unproven']],
  )
  assert.deepEqual(
    changed((v) => (v.before = v.anonymous)),
    ['inconclusive', ['log-in-unproven']],
  )
  assert.deepEqual(
    changed((v) => {
      v.tries[1]!.old = v.anonymous
      v.tries[1]!.now = v.anonymous
    }),
    ['inconclusive', ['try-unclear', 'rule-not-tried']],
    'a locked account is no refusal of the password',
  )
  assert.deepEqual(
    changed((v) => (v.after = v.anonymous)),
    ['inconclusive', ['not-put-back']],
  )
  assert.deepEqual(
    changed((v) => {
      v.complete = false
      v.tries = v.tries.slice(0, 7)
    }),
    ['inconclusive', ['rule-not-tried', 'rule-not-tried', 'incomplete']],
  )
})

test('a camera that takes any password fails by every rule, and gets its own one back', LIMIT, async (t) => {
  const lock = { failures: 5, windowSeconds: 1, lockSeconds: 1 }
  const door = await doorOf(t, 31, { weaknesses: ['any-password'], lock })
  const seen = await door.seen(probe)
  const { verdict, codes } = door.judged(criterion, seen, { parameters: CORE })
  assert.equal(verdict, 'fail')
  assert.deepEqual([...new Set(codes)].sort(), ['taken-classes', 'taken-common', 'taken-length', 'taken-user-name'])
  assert.ok(seen.value.complete)
})

test('nobody but a spare account is changed, and only where somebody else can change it', LIMIT, async (t) => {
  const door = await doorOf(t, 32)
  const why = async () => {
    const seen = await probe.run(door.bench, 'a/password-rules')
    return seen.answered ? 'answered' : seen.why.code
  }
  const action = door.statement.actions.changePassword!
  const { target } = action
  action.target = '/api/users/me/password'
  assert.equal(await why(), 'password-rules.only-own')
  action.target = target
  const { done } = action
  action.done = 'something the device never says'
  assert.equal(await why(), 'password-rules.own-not-settable')
  assert.deepEqual(door.bench.undone, [], 'nothing was changed')
  action.done = done!
  for (const a of door.statement.accounts) delete a.spare
  assert.equal(await why(), 'password-rules.no-spare')
  delete door.statement.actions.changePassword
  assert.equal(criterion.applies(door.statement).answer, 'unknown')
})

test('candidates break one rule each, and new ones are drawn every time', () => {
  const list = candidatesFor('spare', catalogueData('common-passwords'))
  assert.deepEqual(
    list.slice(0, 7).map((p) => [p.length, classesOf(p)]),
    [
      [11, 4],
      [7, 4],
      [12, 3],
      [12, 3],
      [12, 3],
      [12, 2],
      [12, 1],
    ],
  )
  assert.deepEqual(list.slice(7), ['P@ssw0rd', 'Admin@123', 'spare'])
  assert.notEqual(list[0], candidatesFor('spare', null)[0])
})
