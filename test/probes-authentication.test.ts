import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import type { CameraOptions } from '../lab/cameras/options.ts'
import type { Probe } from '../lab/probe.ts'
import { probe as httpAnonymous } from '../lab/probes/http-anonymous.ts'
import { probe as httpCredentials } from '../lab/probes/http-credentials.ts'
import { probe as httpLockout } from '../lab/probes/http-lockout.ts'
import { probe as onvifLockout } from '../lab/probes/onvif-lockout.ts'
import { probe as rtspLockout } from '../lab/probes/rtsp-lockout.ts'
import { probe as rtspAnonymous } from '../lab/probes/rtsp-anonymous.ts'
import { probe as rtspCredentials } from '../lab/probes/rtsp-credentials.ts'
import { criterion as lockout } from '../suites/authentication/login-lockout.ts'
import { criterion as rtspLockoutCriterion } from '../suites/authentication/rtsp-login-lockout.ts'
import { criterion as onvifLockoutCriterion } from '../suites/authentication/onvif-login-lockout.ts'
import { criterion as evaded } from '../suites/authentication/lockout-not-evaded.ts'
import { criterion as anonymousAccess } from '../suites/authentication/no-anonymous-access.ts'
import { criterion as anonymousStream } from '../suites/authentication/no-anonymous-stream.ts'
import { criterion as httpDefaults } from '../suites/authentication/no-default-credentials.ts'
import { criterion as rtspDefaults } from '../suites/authentication/no-default-rtsp-credentials.ts'
import type { Criterion } from '../suites/criterion.ts'
import type { Seen } from '../suites/observation.ts'
import type { Statement } from '../suites/statement.ts'
import { catalogueData, judged, misfits } from './support/authentication.ts'
import { testBench } from './support/bench.ts'

const LIMIT = { timeout: 120_000 }
const SECRETS = { owner: 'Abc-123-xyz', 'lab-spare': 'Spa-123-pqr' }
const PAIRS = [
  [httpAnonymous, anonymousAccess],
  [rtspAnonymous, anonymousStream],
  [httpCredentials, httpDefaults],
  [rtspCredentials, rtspDefaults],
  [httpLockout, lockout],
  [httpLockout, evaded],
  [rtspLockout, rtspLockoutCriterion],
  [onvifLockout, onvifLockoutCriterion],
] as unknown as [Probe, Criterion][]

/** Every authentication criterion against one camera: the verdicts that are no pass, by criterion. */
async function notPassed(
  t: TestContext,
  options: Partial<CameraOptions> = {},
  declare: (s: Statement) => void = () => undefined,
  pairs = PAIRS,
): Promise<Record<string, string>> {
  const camera = await startReferenceCamera({
    addresses: { ipv4: '127.77.10.23', ipv6: null },
    ports: { https: 0, rtsp: 0, http: 0 },
    weaknesses: [],
    serial: 'P1',
    syslog: null,
    lock: { failures: 5, windowSeconds: 30, lockSeconds: 2 },
    bootSeconds: 1,
    factoryFresh: false,
    adminPassword: SECRETS.owner,
    users: [{ name: 'lab-spare', password: SECRETS['lab-spare'], role: 'viewer', spare: true }],
    ...options,
  })
  t.after(() => camera.stop())
  const statement = camera.statement()
  declare(statement)
  const state = options.factoryFresh ? 'factory-fresh' : 'in-service'
  const bench = testBench(statement, {
    state,
    catalogue: catalogueData,
    secrets: SECRETS,
    sources: () => ['127.77.10.1', '127.77.10.2'],
  })
  const found: Record<string, string> = {}
  const before = new Map<string, Seen<unknown>>()
  for (const [probe, criterion] of pairs) {
    if (!probe.states.includes(state)) continue
    const subjects = probe.kind.expected({ statement, state, seen: () => [] })
    assert.ok(subjects.length > 0)
    for (const subject of subjects) {
      const key = `${probe.id} ${subject}`
      const seen = before.get(key) ?? (await probe.run(bench, subject))
      before.set(key, seen)
      assert.deepEqual(misfits(probe.kind, seen), [])
      const { verdict, codes } = judged(criterion, seen, { statement, subject, state })
      if (verdict !== 'pass') found[criterion.id] = [...new Set([found[criterion.id], verdict])].filter(Boolean).join()
      t.diagnostic(`${subject} ${criterion.id} ${verdict} ${codes.join()}`)
    }
  }
  await new Promise((done) => setTimeout(done, 100))
  assert.equal(bench.open(), 0, 'every connection was closed')
  return found
}

test('the conforming camera passes everything, in service and before the first set-up', LIMIT, async (t) => {
  assert.deepEqual(await notPassed(t), {})
  assert.deepEqual(await notPassed(t, { factoryFresh: true, addresses: { ipv4: '127.77.10.24', ipv6: null } }), {})
})

const UNLOCKED = {
  [lockout.id]: 'fail',
  [evaded.id]: 'inconclusive',
  [rtspLockoutCriterion.id]: 'fail',
  [onvifLockoutCriterion.id]: 'fail',
}
const WEAK: [string, Record<string, string>][] = [
  ['default-password-http', { [httpDefaults.id]: 'fail' }],
  ['default-password-rtsp', { [rtspDefaults.id]: 'fail' }],
  ['anonymous-snapshot', { [anonymousAccess.id]: 'fail' }],
  ['log-in-skipped-for-suffix', { [anonymousAccess.id]: 'fail' }],
  ['anonymous-stream', { [anonymousStream.id]: 'fail', [rtspDefaults.id]: 'inconclusive' }],
  ['stream-by-set-up', { [anonymousStream.id]: 'fail' }],
  ['hidden-open-stream', { [anonymousStream.id]: 'fail' }],
  ['no-lockout', UNLOCKED],
  ['lock-admits-right-password', UNLOCKED],
  ['no-onvif-lockout', { [onvifLockoutCriterion.id]: 'fail' }],
  ['no-rtsp-lockout', { [rtspLockoutCriterion.id]: 'fail' }],
  ['lock-by-forged-address', { [evaded.id]: 'fail' }],
]
for (const [weakness, expected] of WEAK)
  test(`the weakness ${weakness} fails its criterion and no other`, LIMIT, async (t) => {
    const guesses = weakness.includes('lock')
    const pairs = PAIRS.filter(([p]) => p.id.endsWith('-lockout') === guesses)
    assert.deepEqual(await notPassed(t, { weaknesses: [weakness] }, undefined, pairs), expected)
  })

test('a lock that the tries set off is waited out, and they are made again one by one', LIMIT, async (t) => {
  const undeclared = (s: Statement): void => {
    s.bruteForce = ['web-owner', 'web-lab-spare'].map((login) => ({
      login,
      protection: 'lock',
      failures: 50,
      lockSeconds: 1,
    }))
  }
  const only = PAIRS.filter(([p]) => p.id === 'http-credentials')
  assert.deepEqual(
    await notPassed(t, { lock: { failures: 3, windowSeconds: 30, lockSeconds: 1 } }, undeclared, only),
    {},
  )
  const hidden = {
    lock: { failures: 2, windowSeconds: 30, lockSeconds: 1 },
    weaknesses: ['default-password-http'],
    addresses: { ipv4: '127.77.10.25', ipv6: null },
  }
  assert.deepEqual(await notPassed(t, hidden, undeclared, only), { [httpDefaults.id]: 'fail' })
})

test('nobody but a spare account is attacked', LIMIT, async (t) => {
  const only = PAIRS.filter(([p]) => p.id === 'http-lockout' || p.id === 'onvif-lockout')
  const without = (s: Statement): void => {
    for (const a of s.accounts) delete a.spare
    for (const r of s.bruteForce) delete r.spare
  }
  assert.deepEqual(await notPassed(t, {}, without, only), {
    [lockout.id]: 'inconclusive',
    [evaded.id]: 'inconclusive',
    [onvifLockoutCriterion.id]: 'inconclusive',
  })
  const lonely = (s: Statement): void => {
    for (const r of s.bruteForce) r.spare = 'owner'
  }
  assert.deepEqual(await notPassed(t, { addresses: { ipv4: '127.77.10.26', ipv6: null } }, lonely, only), {
    [lockout.id]: 'inconclusive',
    [evaded.id]: 'inconclusive',
    [onvifLockoutCriterion.id]: 'inconclusive',
  })
})
