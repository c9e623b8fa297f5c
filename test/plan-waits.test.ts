import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forgettingSeconds } from '../lab/forgetting.ts'
import { probes } from '../lab/probes/registry.generated.ts'
import type { Statement } from '../suites/statement.ts'

/** What a plan says of the waits for failed log-ins to be forgotten: the waits that a run of these steps makes. */
const lock = { login: 'web', protection: 'lock', failures: 5, windowSeconds: 100, lockSeconds: 60 } as const
const declaring = (bruteForce: Statement['bruteForce']): Statement => ({ bruteForce }) as Statement
const steps = (...all: [string, number][]) =>
  all.map(([id, seconds]) => {
    const probe = probes.get(id)
    assert.ok(probe, id)
    return { probe, seconds }
  })
const tries = steps(['http-credentials', 10], ['tls-offers', 40], ['rtsp-credentials', 10], ['http-lockout', 90])

test('a lock by address is waited for between steps that fail log-ins', () => {
  assert.deepEqual(forgettingSeconds(tries, declaring([{ ...lock, scope: 'address' }])), [0, 0, 76, 116])
})

test('steps that fail few log-ins share one wait', () => {
  const few = steps(['challenges', 2], ['login-answers', 5], ['http-credentials', 10])
  assert.deepEqual(forgettingSeconds(few, declaring([{ ...lock, failures: 9, scope: 'address' }])), [0, 0, 116])
  assert.deepEqual(forgettingSeconds(few, declaring([{ ...lock, failures: 8, scope: 'address' }])), [0, 116, 116])
})

test('a wait that other steps took up already costs nothing more', () => {
  const apart = steps(['http-credentials', 10], ['tls-offers', 500], ['rtsp-credentials', 10])
  assert.deepEqual(forgettingSeconds(apart, declaring([{ ...lock, scope: 'address' }])), [0, 0, 0])
})

test('nothing is waited for where an account is locked, or nothing locks', () => {
  assert.deepEqual(forgettingSeconds(tries, declaring([{ ...lock, scope: 'account' }])), [0, 0, 0, 0])
  assert.deepEqual(forgettingSeconds(tries, declaring([{ login: 'web', protection: 'none' }])), [0, 0, 0, 0])
})
