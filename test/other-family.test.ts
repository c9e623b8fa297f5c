import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import type { Probe } from '../lab/probe.ts'
import { probe as http } from '../lab/probes/http-credentials.ts'
import { probe as onvif } from '../lab/probes/onvif-credentials.ts'
import { probe as rtsp } from '../lab/probes/rtsp-credentials.ts'
import { criterion as httpDefaults } from '../suites/authentication/no-default-credentials.ts'
import { criterion as onvifDefaults } from '../suites/authentication/no-default-onvif-credentials.ts'
import { criterion as rtspDefaults } from '../suites/authentication/no-default-rtsp-credentials.ts'
import type { Answered, State } from '../suites/observation.ts'
import type { CredentialTries } from '../suites/observations/credential-tries.ts'
import { kind as httpCredentials } from '../suites/observations/http-credentials.ts'
import type { Statement } from '../suites/statement.ts'
import { catalogueData, judged, misfits } from './support/authentication.ts'
import { testBench } from './support/bench.ts'

/** Listed passwords over the second address family of a service that is declared for two. */

interface Fixture {
  statement: Statement
  state: State
  subject: string
  seen: Answered<CredentialTries>
}
const sound = (): Fixture =>
  JSON.parse(
    readFileSync(new URL('./fixtures/http-credentials/lighttpd-digest.json', import.meta.url), 'utf8'),
  ) as Fixture

test('what was refused over one family and is accepted over the other fails', () => {
  const judge = (
    change: (elsewhere: NonNullable<CredentialTries['elsewhere']>, value: CredentialTries) => void,
    more: { state?: State; parameters?: unknown } = {},
  ) => {
    const { seen, statement, subject } = sound()
    const { value } = seen
    const batches = value.batches.map(({ tries, control }) => ({ tries: [...tries], control }))
    value.elsewhere = { family: 'ipv6', knownBad: value.knownBad, batches, complete: true }
    change(value.elsewhere, value)
    assert.deepEqual(misfits(httpCredentials, seen), [])
    const { verdict, codes } = judged(httpDefaults, seen, { statement, subject, ...more })
    return `${verdict} ${codes.join()}`
  }
  const open = (e: NonNullable<CredentialTries['elsewhere']>, v: CredentialTries): void => {
    const batch = e.batches.find((b) => b.tries.length > 0)
    batch!.tries[0] = { ...v.knownGood, request: batch!.tries[0]!.request }
  }
  assert.equal(
    judge(() => undefined),
    'pass elsewhere-refused,defaults-refused',
  )
  assert.equal(judge(open), 'fail default-accepted-elsewhere,elsewhere-refused,defaults-refused')
  assert.equal(
    judge(open, { state: 'factory-fresh', parameters: { inFactoryState: 'allowed' } }),
    'pass default-before-first-use,elsewhere-refused,defaults-refused',
  )
  const undecided = 'inconclusive elsewhere-undecided,elsewhere-refused,defaults-refused'
  assert.equal(
    judge((e) => (e.complete = false)),
    undecided,
  )
  assert.equal(
    judge((e, v) => (e.batches[0]!.control = v.knownBad)),
    undecided,
    'a lock held',
  )
  assert.equal(
    judge((e, v) => {
      const [first] = e.batches
      e.batches.push({ tries: first!.tries, control: first!.control })
      first!.control = v.knownBad
    }),
    'pass elsewhere-refused,defaults-refused',
    'tried again after the lock',
  )
  assert.equal(
    judge((e, v) => {
      open(e, v)
      e.knownBad = v.knownGood
    }),
    undecided,
    'anything opens it there',
  )
  assert.equal(
    judge((e) => (e.batches = [])),
    'inconclusive elsewhere-undecided,defaults-refused',
  )
})

const PASSWORDS = { owner: 'Abc-123-xyz', 'lab-spare': 'Spa-123-pqr' }

/** Verdicts and codes of the listed credentials over both families of a reference camera. */
async function verdicts(t: TestContext, weaknesses: string[]): Promise<Record<string, string[]>> {
  const camera = await startReferenceCamera({
    addresses: { ipv4: '127.77.15.1', ipv6: '::1' },
    ports: { https: 0, rtsp: 0 },
    lock: { failures: 5, windowSeconds: 1, lockSeconds: 1 },
    ...{ weaknesses, serial: 'F1', syslog: null, bootSeconds: 1, factoryFresh: false },
    adminPassword: PASSWORDS.owner,
    users: [{ name: 'lab-spare', password: PASSWORDS['lab-spare'], role: 'viewer', spare: true }],
  })
  t.after(() => camera.stop())
  const statement = camera.statement()
  const bench = testBench(statement, { catalogue: catalogueData, secrets: PASSWORDS })
  const found: Record<string, string[]> = {}
  for (const [probe, criterion] of [
    [http, httpDefaults],
    [rtsp, rtspDefaults],
    [onvif, onvifDefaults],
  ] as [Probe<CredentialTries>, typeof httpDefaults][])
    for (const subject of probe.kind.expected({ statement, state: 'in-service', seen: () => [] })) {
      if (subject.endsWith('lab-spare')) continue
      const seen = await probe.run(bench, subject)
      assert.deepEqual(misfits(probe.kind, seen), [])
      const { verdict, codes } = judged(criterion, seen, { statement, subject })
      found[subject] = [verdict, ...codes]
    }
  return found
}

test('the probes try the listed passwords over both families', { timeout: 120_000 }, async (t) => {
  const passed = ['pass', 'elsewhere-refused', 'defaults-refused']
  const subjects = ['a/login/web-owner', 'a/login/stream-owner', 'a/onvif/web/digest', 'a/onvif/web/username-token']
  assert.deepEqual(await verdicts(t, []), Object.fromEntries(subjects.map((s) => [s, passed])))
  const weak = await verdicts(t, ['default-password-ipv6'])
  assert.deepEqual(weak['a/login/web-owner'], [
    'fail',
    'default-accepted-elsewhere',
    'elsewhere-refused',
    'defaults-refused',
  ])
  assert.deepEqual(weak['a/login/stream-owner'], passed)
})
