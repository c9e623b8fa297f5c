import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import type { CameraOptions } from '../lab/cameras/options.ts'
import { onvifClient } from '../lab/instruments/onvif.ts'
import type { Bench, Probe } from '../lab/probe.ts'
import { probe as credentials } from '../lab/probes/onvif-credentials.ts'
import { probe as operations } from '../lab/probes/onvif-operations.ts'
import { probe as replay } from '../lab/probes/onvif-token-replay.ts'
import { criterion as defaults } from '../suites/authentication/no-default-onvif-credentials.ts'
import { criterion as protectedOperations } from '../suites/authentication/onvif-operations-protected.ts'
import { criterion as replayRefused } from '../suites/authentication/onvif-token-replay-refused.ts'
import type { Criterion } from '../suites/criterion.ts'
import { answerOf } from '../suites/facts/answer.ts'
import { responseTo } from '../suites/facts/onvif.ts'
import type { Statement } from '../suites/statement.ts'
import { catalogueData, judged, misfits } from './support/authentication.ts'
import { testBench } from './support/bench.ts'

const LIMIT = { timeout: 60_000 }
const SECRETS = { owner: 'Abc-123-xyz', 'lab-spare': 'Spa-123-pqr' }
const PAIRS = [
  [operations, protectedOperations],
  [credentials, defaults],
  [replay, replayRefused],
] as unknown as [Probe, Criterion][]

let next = 30

interface Found {
  /** Verdicts that are no pass, by criterion. */
  notPassed: Record<string, string>
  /** Codes by criterion. */
  codes: Record<string, string[]>
}

async function judgedOnvif(
  t: TestContext,
  options: Partial<CameraOptions> = {},
  prepare: (s: Statement, bench: Bench) => void | Promise<void> = () => undefined,
): Promise<Found> {
  const camera = await startReferenceCamera({
    addresses: { ipv4: `127.77.11.${next++}`, ipv6: null },
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
  const bench = testBench(statement, { catalogue: catalogueData, secrets: SECRETS, sources: () => ['127.77.11.1'] })
  await prepare(statement, bench)
  const found: Found = { notPassed: {}, codes: {} }
  for (const [probe, criterion] of PAIRS)
    for (const subject of probe.kind.expected({ statement, state: 'in-service', seen: () => [] })) {
      const seen = await probe.run(bench, subject)
      assert.deepEqual(misfits(probe.kind, seen), [])
      const { verdict, codes } = judged(criterion, seen, { statement, subject })
      t.diagnostic(`${subject} ${criterion.id} ${verdict} ${codes.join()}`)
      found.codes[criterion.id] = [...(found.codes[criterion.id] ?? []), ...codes]
      if (verdict !== 'pass')
        found.notPassed[criterion.id] = [...new Set([found.notPassed[criterion.id], verdict])].filter(Boolean).join()
      assert.ok(!JSON.stringify(seen).includes(SECRETS.owner), 'the password is in no evidence')
    }
  await new Promise((done) => setTimeout(done, 100))
  assert.equal(bench.open(), 0, 'every connection was closed')
  return found
}

test('the conforming camera passes everything over ONVIF', LIMIT, async (t) => {
  const { notPassed, codes } = await judgedOnvif(t)
  assert.deepEqual(notPassed, {})
  assert.deepEqual(codes[protectedOperations.id]?.sort(), ['no-onvif', 'refused'])
  assert.deepEqual(codes[replayRefused.id], ['replayed-refused', 'stale-refused'])
  assert.equal(codes[defaults.id]?.length, 2, 'by Digest and by token')
})

const WEAK: [string, string][] = [
  ['onvif-open-operations', protectedOperations.id],
  ['onvif-default-password', defaults.id],
  ['onvif-replay-accepted', replayRefused.id],
]
for (const [weakness, criterion] of WEAK)
  test(`the weakness ${weakness} fails its criterion and no other`, LIMIT, async (t) => {
    assert.deepEqual((await judgedOnvif(t, { weaknesses: [weakness] })).notPassed, { [criterion]: 'fail' })
  })

test('a camera whose clock is wrong by years is asked by its own clock', LIMIT, async (t) => {
  const { notPassed } = await judgedOnvif(t, {}, async ({ services }, bench) => {
    const to = bench.endpoint('ipv4', services[0]?.port ?? 0, true)
    assert.ok(to)
    const time = '<Time><Hour>3</Hour><Minute>4</Minute><Second>5</Second></Time>'
    const date = '<Date><Year>2031</Year><Month>2</Month><Day>1</Day></Date>'
    const exchange = await onvifClient(bench, to).call({
      service: 'device',
      operation: 'SetSystemDateAndTime',
      target: '/onvif/device_service',
      body: `<DateTimeType>Manual</DateTimeType><DaylightSavings>false</DaylightSavings><UTCDateTime xmlns="http://www.onvif.org/ver10/schema">${time}${date}</UTCDateTime>`,
      as: { credential: bench.credential('owner'), scheme: 'digest' },
    })
    assert.equal(responseTo('SetSystemDateAndTime', 'device', answerOf(exchange))?.name, 'SetSystemDateAndTimeResponse')
  })
  assert.deepEqual(notPassed, {})
})

test('a credential that does not work, or may not see the users, passes nothing', LIMIT, async (t) => {
  const wrong = await judgedOnvif(t, { adminPassword: 'Other-123-xyz' })
  assert.deepEqual(wrong.notPassed, {
    [protectedOperations.id]: 'inconclusive',
    [defaults.id]: 'inconclusive',
    [replayRefused.id]: 'inconclusive',
  })
  const viewer = await judgedOnvif(t, {}, (s) => {
    for (const service of s.services) if (service.onvif) service.onvif.account = 'lab-spare'
  })
  assert.deepEqual(viewer.notPassed, { [protectedOperations.id]: 'inconclusive' })
})

test('ONVIF declared where there is none passes nothing', LIMIT, async (t) => {
  const elsewhere = (s: Statement): void => {
    for (const service of s.services) if (service.onvif) service.onvif.target = '/nothing'
  }
  assert.deepEqual((await judgedOnvif(t, {}, elsewhere)).notPassed, {
    [protectedOperations.id]: 'inconclusive',
    [defaults.id]: 'inconclusive',
    [replayRefused.id]: 'inconclusive',
  })
})
