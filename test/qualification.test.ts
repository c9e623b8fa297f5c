import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CONFORMING } from '../lab/cameras/behaviour.ts'
import type { Weakness } from '../lab/cameras/weakness.ts'
import { casesOf, keyOf, unknownNames } from '../lab/qualification/case.ts'
import { modulesOf } from '../lab/qualification/ground.ts'
import { keepQualification, keptQualification, labDigest } from '../lab/qualification/kept.ts'
import { regulationOfCases } from '../lab/qualification/observe-case.ts'
import { exitOfQualification, proofsOf, type Qualification } from '../lab/qualification/qualification.ts'
import { qualificationCases } from '../lab/qualification/qualify.ts'
import { blinded, type CaseResult, type Tried } from '../lab/qualification/result.ts'
import { digestOf } from '../suites/canonical.ts'
import { registry } from '../suites/registry.generated.ts'

const VERSIONS = 'encryption/tls-versions'
const SUITES = 'encryption/tls-cipher-suites'
const SOUND = 'sound-encryption'
const weakness = (id: string, criteria: string[], more: Partial<Weakness> = {}): Weakness => ({
  id,
  title: { en: id, vi: id },
  criteria,
  visibleTo: 'sslscan {ipv4}:{https}',
  apply: { tlsCiphers: CONFORMING.tlsCiphers },
  ...more,
})
const OLD = weakness('old', [VERSIONS])
const BOTH = weakness('both', [VERSIONS, SUITES])
const SILENT = weakness('silent', [], { undecided: [SUITES] })

const tried = (criterion: string, verdict: Tried['verdict'], blind: Tried['blind'] = 'pass'): Tried => ({
  criterion,
  verdict,
  blind,
  because: [],
})
const result = (id: string, ...criteria: Tried[]): [string, CaseResult] => [
  id,
  { camseal: 'qualification-case/1', key: 'a'.repeat(64), id, seconds: 1, criteria },
]
/** A qualification of the three weaknesses with the verdicts given. */
function qualified(...results: [string, CaseResult][]): Qualification {
  const cases = casesOf([OLD, BOTH, SILENT], registry, ['encryption']).filter((c) => c.weakness !== null)
  const sound = { id: SOUND, weakness: null, criteria: [VERSIONS, SUITES], factoryFresh: true, ipv6: true }
  return {
    ...proofsOf([sound, ...cases], new Map(results), registry),
    whole: true,
  } as Qualification
}
const SOUND_PASSES = result(SOUND, tried(VERSIONS, 'pass'), tried(SUITES, 'pass'))
const OLD_FAILS = result('old', tried(VERSIONS, 'fail'))
const BOTH_FAIL = result('both', tried(VERSIONS, 'fail'), tried(SUITES, 'fail'))
const SILENT_OPEN = result('silent', tried(SUITES, 'inconclusive', 'inconclusive'))

test('a qualification in which everything is as expected', () => {
  const q = qualified(SOUND_PASSES, OLD_FAILS, BOTH_FAIL, SILENT_OPEN)
  assert.equal(exitOfQualification(q), 0)
  assert.deepEqual(q.totals, { criteria: 2, proven: 2, detected: 4, unnoticed: 0, falseAlarms: 0, failed: 0 })
  const versions = q.criteria.find((c) => c.criterion === VERSIONS)
  assert.deepEqual(
    versions?.weaknesses.map((w) => [w.weakness, w.outcome, w.alsoNoticedBy]),
    [
      ['old', 'detected', []],
      ['both', 'detected', [SUITES]],
    ],
  )
})

test('what is wrong with a harness decides the exit code', () => {
  const cases: [string, number, [string, CaseResult][]][] = [
    ['a weakness passes', 1, [SOUND_PASSES, result('old', tried(VERSIONS, 'pass')), BOTH_FAIL, SILENT_OPEN]],
    [
      'a weakness is only undecided',
      1,
      [SOUND_PASSES, result('old', tried(VERSIONS, 'inconclusive')), BOTH_FAIL, SILENT_OPEN],
    ],
    ['what cannot be told passes', 1, [SOUND_PASSES, OLD_FAILS, BOTH_FAIL, result('silent', tried(SUITES, 'pass'))]],
    [
      'what cannot be told is accused',
      1,
      [SOUND_PASSES, OLD_FAILS, BOTH_FAIL, result('silent', tried(SUITES, 'fail'))],
    ],
    [
      'a false alarm',
      1,
      [result(SOUND, tried(VERSIONS, 'fail'), tried(SUITES, 'pass')), OLD_FAILS, BOTH_FAIL, SILENT_OPEN],
    ],
    [
      'it fails whatever its judge says',
      1,
      [SOUND_PASSES, OLD_FAILS, result('both', tried(VERSIONS, 'fail'), tried(SUITES, 'fail', 'fail')), SILENT_OPEN],
    ],
    [
      'the sound camera is undecided',
      2,
      [result(SOUND, tried(VERSIONS, 'inconclusive'), tried(SUITES, 'pass')), OLD_FAILS, BOTH_FAIL, SILENT_OPEN],
    ],
    ['the sound camera was not tested', 4, [OLD_FAILS, BOTH_FAIL, SILENT_OPEN]],
    ['a weakness was not tested', 4, [SOUND_PASSES, BOTH_FAIL, SILENT_OPEN]],
  ]
  for (const [name, code, results] of cases) assert.equal(exitOfQualification(qualified(...results)), code, name)
})

test('a blind judge passes whatever it is shown, and only that judge is blind', () => {
  const { criteria } = blinded(registry, VERSIONS)
  const blind = criteria.get(VERSIONS)
  assert.ok(blind && blind.contradicts === undefined)
  const context = { cite: (at: string) => ({ kind: 'tls-offers', subject: 'a', state: 'in-service' as const, at }) }
  const findings = blind.judge({ answered: true, value: null, controls: [], artifacts: [] }, context as never)
  assert.deepEqual(
    findings.map((f) => [f.is, f.cites.length]),
    [['evidence', 1]],
  )
  assert.equal(criteria.get(SUITES), registry.criteria.get(SUITES))
  assert.equal(criteria.size, registry.criteria.size)
})

test('cases: a sound camera of each area first, only the criteria that a weakness is about, chosen by area, criterion or weakness', () => {
  const all = [OLD, BOTH, SILENT, weakness('box', [VERSIONS], { arrives: 'factory-fresh', visibleTo: 'curl {ipv6}' })]
  const ids = (only: string[]) => casesOf(all, registry, only).map((c) => `${c.id} ${c.criteria.length}`)
  const areas = ['authentication', 'encryption', 'exposed-ports', 'logging', 'update-integrity']
  const sizeOf = (area: string): number => [...registry.criteria.values()].filter((c) => c.area === area).length
  const sound = areas.map((area) => `sound-${area} ${sizeOf(area)}`)
  assert.deepEqual(ids([]), [...sound, 'old 1', 'both 2', 'silent 1', 'box 1'])
  assert.deepEqual(ids(['tls-cipher-suites']), [`${SOUND} 1`, 'both 1', 'silent 1'])
  assert.deepEqual(ids(['both']), [`${SOUND} 2`, 'both 2'])
  assert.deepEqual(unknownNames(['old', 'encryption', 'tls-versions', 'nothing'], all, registry), ['nothing'])
  const [old, , , box] = casesOf(all, registry, []).slice(areas.length)
  assert.deepEqual([old?.ipv6, old?.factoryFresh, box?.ipv6, box?.factoryFresh], [false, false, true, true])
})

test('a kept result stands for one suite, one lab and one weakness', () => {
  const key = (w: Weakness, ground: string) => {
    const one = casesOf([w], registry, []).find((c) => c.weakness)
    assert.ok(one)
    return keyOf(one, ground)
  }
  assert.equal(key(OLD, 'x'), key(weakness('old', [VERSIONS]), 'x'))
  assert.notEqual(key(OLD, 'x'), key(OLD, 'y'))
  assert.notEqual(key(OLD, 'x'), key({ ...OLD, apply: { tlsMinVersion: 'TLSv1' } }, 'x'))
})

test('a result depends on the code that its case loads, and on no other', () => {
  const regulation = regulationOfCases()
  assert.ok(regulation.ok)
  const modules = (id: string) => {
    const one = qualificationCases([]).find((c) => c.id === id)
    assert.ok(one)
    return [...modulesOf(one, regulation.value).keys()].map((path) => path.replace(/\.ts$/, ''))
  }
  const isAmong = (all: string[], paths: string[]): boolean[] => paths.map((path) => all.includes(path))
  const tls = ['suites/encryption/tls-versions', 'suites/observations/tls-offers', 'lab/probes/tls-offers']
  const update = ['suites/update-integrity/older-update-refused', 'lab/probes/update-refusal']
  const frame = ['lab/schedule', 'lab/cameras/listener', 'lab/instruments/http', 'suites/judge', 'suites/verdict']
  const oldTls = modules('old-tls')
  assert.deepEqual(isAmong(oldTls, tls), [true, true, true])
  assert.deepEqual(isAmong(oldTls, update), [false, false])
  assert.deepEqual(isAmong(modules('update-rollback-accepted'), update), [true, true])
  assert.deepEqual(isAmong(modules('sound-update-integrity'), [...update, tls[0] ?? '']), [true, true, false])
  for (const id of ['old-tls', 'sound-logging'])
    assert.deepEqual(
      frame.filter((path) => existsSync(`${path}.ts`) && !modules(id).includes(path)),
      [],
    )
  const used = new Set(qualificationCases([]).flatMap((one) => [...modulesOf(one, regulation.value).keys()]))
  for (const folder of ['lab/probes', 'suites/observations', 'suites/facts', 'lab/instruments', 'lab/cameras'])
    assert.deepEqual(
      readdirSync(folder)
        .map((file) => `${folder}/${file}`)
        .filter((path) => /(?<!\.generated|\/(?:main|process)|\.d)\.ts$/.test(path) && !used.has(path)),
      [],
      folder,
    )
})

test('a qualification counts for runs on the same bench with the same suite and lab, and for no other', (t) => {
  const before = process.env.CAMSEAL_STATE
  const state = mkdtempSync(join(tmpdir(), 'camseal-state-'))
  t.after(() => {
    if (before === undefined) delete process.env.CAMSEAL_STATE
    else process.env.CAMSEAL_STATE = before
    rmSync(state, { recursive: true })
  })
  process.env.CAMSEAL_STATE = join(state, 'not', 'there', 'yet')
  const suite = 'a'.repeat(64)
  assert.equal(keptQualification(suite), null)
  const done = { suite: { digest: suite }, lab: labDigest() }
  keepQualification(done, Date.UTC(2026, 10, 22, 23, 59) * 1000)
  assert.deepEqual(keptQualification(suite), { digest: digestOf(done), date: '2026-11-22' })
  assert.equal(keptQualification('b'.repeat(64)), null, 'another suite')
  keepQualification({ ...done, lab: 'c'.repeat(64) }, 0)
  assert.equal(keptQualification(suite), null, 'other code of the lab')
  for (const broken of ['', '{}', '{"suite":1}', 'null']) {
    writeFileSync(join(process.env.CAMSEAL_STATE, 'qualification.json'), broken)
    assert.equal(keptQualification(suite), null, broken)
  }
})
