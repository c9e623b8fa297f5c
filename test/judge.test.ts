import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonical, digestOf } from '../suites/canonical.ts'
import {
  always,
  defineCriterion,
  evidence,
  gap,
  suspicion,
  violation,
  type Criterion,
  type Finding,
} from '../suites/criterion.ts'
import { judge, verdictOf, type Evidence, type Judgement } from '../suites/judge.ts'
import { defineKind, type Observation, type ObservationKind, type Seen } from '../suites/observation.ts'
import { demandOf, type Registry, type Selection } from '../suites/plan.ts'
import type { Clause, Regulation } from '../suites/regulation.ts'
import { rollUp } from '../suites/roll-up.ts'
import { int, obj } from '../suites/schema.ts'
import type { Statement } from '../suites/statement.ts'

const both = (x: string) => ({ en: x, vi: x })
const OFFICIAL: Selection = { mode: 'official', deselected: [] }

const statement: Statement = {
  camseal: 'statement/1',
  dut: { maker: { name: 'm' }, model: 'x', hardware: '1', firmware: { version: '1', link: 'version-string-only' } },
  samples: [{ id: 'a', serial: '1', arrives: 'in-service', addresses: { ipv4: '127.0.0.1', ipv6: null }, macs: [] }],
  interfaces: [],
  services: [],
  accounts: [],
  logins: [],
  resources: [],
  bruteForce: [],
  logging: { channels: [] },
  updates: [],
  actions: {},
  permit: 'ordinary',
}

const clause = (id: string, level: Clause['level'], ...criteria: string[]): Clause => ({
  id,
  level,
  title: both(id),
  asks: both(id),
  ...(criteria.length > 0
    ? { criteria: criteria.map((criterion) => ({ criterion })) }
    : { notAssessed: both('nobody') }),
  provenance: { confidence: 'own', sources: [] },
})
const regulation = (...clauses: Clause[]): Regulation => ({
  camseal: 'regulation/1',
  id: 'r',
  edition: '1',
  title: both('r'),
  text: 'own',
  validFrom: null,
  validUntil: null,
  note: both('n'),
  catalogues: {},
  clauses,
})
const judgement = (criterion: string, verdict: Judgement['verdict']): Judgement => ({
  criterion,
  criterionVersion: '1',
  parametersDigest: digestOf({}),
  subject: '',
  state: null,
  verdict,
  findings: [],
})

/** A fixed generator, so that a failure can be repeated. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

test('roll-up: no combination with a required fail, gap or hole conforms', () => {
  const random = generator(20261121)
  const verdicts = ['pass', 'fail', 'inconclusive', 'not-applicable'] as const
  const seen = new Set<string>()
  for (let round = 0; round < 20_000; round++) {
    const clauses = Array.from({ length: 1 + Math.floor(random() * 5) }, (_, i) => {
      const criteria =
        random() < 0.1 ? [] : Array.from({ length: 1 + Math.floor(random() * 3) }, (_, k) => `c${i}.${k}`)
      return clause(`k${i}`, random() < 0.7 ? 'required' : 'recommended', ...criteria)
    })
    const r = regulation(...clauses)
    const all = clauses.flatMap((c) => c.criteria?.map((d) => d.criterion) ?? [])
    const rehearsal = random() < 0.3
    const selection: Selection = {
      mode: rehearsal ? 'rehearsal' : 'official',
      deselected: rehearsal ? all.filter(() => random() < 0.3) : [],
    }
    const judgements = all
      .filter((c) => !selection.deselected.includes(c))
      .flatMap((c) =>
        Array.from({ length: 1 + Math.floor(random() * 2) }, () =>
          judgement(c, verdicts[Math.floor(random() ** 2 * 4)] ?? 'pass'),
        ),
      )
    const result = rollUp(r, demandOf([r], selection), judgements, selection)
    seen.add(result.overall)
    const required = result.clauses.filter((c) => c.level === 'required')
    const has = (...outcomes: string[]) => required.some((c) => outcomes.includes(c.outcome))
    const failing = required.some((c) => c.judgements.some((i) => judgements[i]?.verdict === 'fail'))
    if (result.overall === 'conforms') {
      assert.equal(selection.mode, 'official')
      assert.ok(!failing && !has('fail', 'inconclusive', 'unrun', 'not-assessed'))
      assert.ok(has('pass'))
    }
    if (result.overall === 'no-failure-in-selection')
      assert.ok(!failing && !has('inconclusive', 'not-assessed') && has('pass'))
    if (failing) assert.ok(['does-not-conform', 'failure-in-selection'].includes(result.overall))
    if (selection.mode === 'rehearsal') assert.ok(result.overall.endsWith('-in-selection'))
    for (const c of result.clauses)
      if (c.outcome === 'pass') assert.ok(c.judgements.some((i) => judgements[i]?.verdict === 'pass'))
  }
  assert.deepEqual([...seen].sort(), [
    'conforms',
    'does-not-conform',
    'failure-in-selection',
    'no-failure-in-selection',
    'undetermined',
    'undetermined-in-selection',
  ])
})

test('zero passes never conform', () => {
  const r = regulation(clause('k', 'required', 'c'))
  assert.equal(rollUp(r, demandOf([r], OFFICIAL), [judgement('c', 'not-applicable')], OFFICIAL).overall, 'undetermined')
  assert.equal(rollUp(regulation(), [], [], OFFICIAL).overall, 'undetermined')
})

test('a verdict follows from its findings', () => {
  const cite = [{ kind: 'k', subject: 's', state: 'in-service' as const, at: '' }]
  const of = (...f: Finding[]) => verdictOf(f)
  assert.equal(of(), 'inconclusive')
  assert.equal(of(evidence('e', {}, cite)), 'pass')
  assert.equal(of(evidence('e', {}, [])), 'inconclusive')
  assert.equal(of(evidence('e', {}, cite), gap('g', {}, [])), 'inconclusive')
  assert.equal(of(evidence('e', {}, cite), suspicion('s', {}, cite)), 'inconclusive')
  assert.equal(of(evidence('e', {}, cite), gap('g', {}, []), violation('v', {}, cite)), 'fail')
})

/** A kind with declared subjects, one that is discovered, and a criterion over each. */
const ports: ObservationKind<{ open: number }> = defineKind({
  id: 'ports',
  version: '1.0.0',
  per: 'address',
  schema: obj({ open: int() }),
  dependsOn: [],
  expected: ({ statement }) => statement.samples.map((s) => `${s.id}/ipv4`),
})
const endpoints: ObservationKind<{ open: number }> = defineKind({
  id: 'endpoints',
  version: '1.0.0',
  per: 'endpoint',
  schema: obj({ open: int() }),
  dependsOn: ['ports'],
  expected: ({ seen }) =>
    seen(ports).flatMap(({ subject, value }) => Array.from({ length: value.open }, (_, i) => `${subject}/0000${i}`)),
})
const criterionOver = (
  id: string,
  over: ObservationKind<{ open: number }>,
  more: Partial<Criterion<{ open: number }>> = {},
): Criterion =>
  ({
    ...defineCriterion({
      id,
      version: '1',
      area: 'exposed-ports',
      over,
      also: [],
      states: ['in-service'],
      parameters: obj({}),
      catalogues: [],
      applies: always,
      judge: (seen, c) =>
        seen.value.open < 5 ? [evidence('few', {}, [c.cite('/open')])] : [violation('many', {}, [c.cite('/open')])],
    }),
    ...more,
  }) as unknown as Criterion

const observation = (kind: string, subject: string, seen: Seen<unknown>): Observation => ({
  kind,
  kindVersion: '1.0.0',
  subject,
  state: 'in-service',
  probe: 'p',
  startedAt: 0,
  endedAt: 1,
  seen,
})
const answered = (open: number, controls: { id: string; ok: boolean }[] = []): Seen<unknown> => ({
  answered: true,
  value: { open },
  artifacts: [],
  controls: controls.map((c) => ({ ...c, about: { code: 'x', values: {} } })),
})
const registryOf = (...criteria: Criterion[]): Registry => ({
  criteria: new Map(criteria.map((c) => [c.id, c])),
  kinds: new Map([ports, endpoints].map((k) => [k.id, k as ObservationKind])),
})
const judged = (criterion: Criterion, observations: Observation[], changes: Partial<Statement> = {}) => {
  const input: Evidence = {
    statement: { ...statement, ...changes },
    regulations: [regulation(clause('k', 'required', criterion.id))],
    catalogues: [],
    observations,
    selection: OFFICIAL,
  }
  return judge(input, registryOf(criterion))
}

test('an expected observation that is missing or unanswered is inconclusive, with its cause', () => {
  const c = criterionOver('c', ports)
  assert.equal(judged(c, []).judgements[0]?.verdict, 'inconclusive')
  const silent = judged(c, [
    observation('ports', 'a/ipv4', { answered: false, cause: 'device', why: { code: 'w', values: {} }, artifacts: [] }),
  ])
  assert.equal(silent.judgements[0]?.verdict, 'inconclusive')
  assert.deepEqual(
    silent.judgements[0]?.findings.map((f) => f.message.code),
    ['framework.unanswered', 'w'],
  )
  assert.equal(silent.regulations[0]?.overall, 'undetermined')
})

test('an observation of something not expected is not judged', () => {
  const result = judged(criterionOver('c', ports), [
    observation('ports', 'a/ipv4', answered(1)),
    observation('ports', 'z/ipv4', answered(9)),
  ])
  assert.deepEqual(
    result.judgements.map((j) => [j.subject, j.verdict]),
    [['a/ipv4', 'pass']],
  )
})

test('a loop over nothing cannot pass, and an unknown population cannot pass', () => {
  const c = criterionOver('c', endpoints)
  const none = judged(c, [observation('ports', 'a/ipv4', answered(0))])
  assert.deepEqual(
    none.judgements.map((j) => [j.verdict, j.findings[0]?.message.code]),
    [['inconclusive', 'framework.empty-population']],
  )
  const unknown = judged(c, [observation('endpoints', 'a/ipv4/00000', answered(1))])
  assert.ok(unknown.judgements.every((j) => j.verdict === 'inconclusive'))
  const found = judged(c, [
    observation('ports', 'a/ipv4', answered(2)),
    observation('endpoints', 'a/ipv4/00000', answered(1)),
  ])
  assert.deepEqual(
    found.judgements.map((j) => j.verdict),
    ['pass', 'inconclusive'],
  )
})

test('a control that failed keeps a pass from happening and lets a fail stand', () => {
  const c = criterionOver('c', ports)
  const failed = [{ id: 'canary', ok: false }]
  assert.equal(judged(c, [observation('ports', 'a/ipv4', answered(1, failed))]).judgements[0]?.verdict, 'inconclusive')
  assert.equal(judged(c, [observation('ports', 'a/ipv4', answered(9, failed))]).judgements[0]?.verdict, 'fail')
})

test('evidence without a citation does not count', () => {
  const c = criterionOver('c', ports, { judge: () => [evidence('few', {}, [])] })
  const result = judged(c, [observation('ports', 'a/ipv4', answered(1))]).judgements[0]
  assert.equal(result?.verdict, 'inconclusive')
  assert.equal(result?.findings[0]?.message.code, 'framework.uncited')
})

test('a criterion that throws has judged nothing', () => {
  const c = criterionOver('c', ports, {
    judge: () => {
      throw new Error('boom')
    },
  })
  assert.deepEqual(
    judged(c, [observation('ports', 'a/ipv4', answered(1))]).judgements.map((j) => [
      j.verdict,
      j.findings[0]?.message.code,
    ]),
    [['inconclusive', 'framework.criterion-broken']],
  )
})

test('not applicable is a claim: contradicted by an observation it fails, unfounded it does not hold', () => {
  const no = () => ({ answer: 'no' as const, why: { code: 'none', values: {} } })
  const contradicts: NonNullable<Criterion['contradicts']> = (c) =>
    c
      .others(ports)
      .flatMap(({ seen, cite }) =>
        seen.answered && seen.value.open > 5 ? [violation('but', {}, [cite('/open')])] : [],
      )
  const c = criterionOver('c', ports, { applies: no, contradicts })
  assert.equal(judged(c, [observation('ports', 'a/ipv4', answered(1))]).judgements[0]?.verdict, 'not-applicable')
  const against = judged(c, [observation('ports', 'a/ipv4', answered(9))])
  assert.equal(against.judgements[0]?.verdict, 'fail')
  assert.equal(against.regulations[0]?.overall, 'does-not-conform')
  const claim = { notApplicable: [{ criterion: 'c', reason: 'we say so' }] }
  assert.equal(
    judged(criterionOver('c', ports), [observation('ports', 'a/ipv4', answered(9))], claim).judgements[0]?.verdict,
    'fail',
  )
  const unknown = criterionOver('c', ports, {
    applies: () => ({ answer: 'unknown', why: { code: 'maybe', values: {} } }),
  })
  assert.equal(judged(unknown, []).judgements[0]?.verdict, 'inconclusive')
  assert.equal(judged(unknown, [], claim).judgements[0]?.verdict, 'not-applicable')
})

test('a criterion nobody has is inconclusive, never silently skipped', () => {
  const input: Evidence = {
    statement,
    regulations: [regulation(clause('k', 'required', 'gone'))],
    catalogues: [],
    observations: [],
    selection: OFFICIAL,
  }
  const result = judge(input, registryOf())
  assert.deepEqual(
    result.judgements.map((j) => j.findings[0]?.message.code),
    ['framework.unknown-criterion'],
  )
  assert.equal(result.regulations[0]?.overall, 'undetermined')
})

test('the order of observations changes no byte', () => {
  const random = generator(7)
  const c = criterionOver('c', endpoints)
  const observations = [
    observation('ports', 'a/ipv4', answered(4)),
    ...[0, 1, 2, 3].map((i) => observation('endpoints', `a/ipv4/0000${i}`, answered(i * 2))),
  ]
  const first = canonical(judged(c, observations))
  for (let i = 0; i < 50; i++) {
    const shuffled = observations
      .map((o) => [random(), o] as const)
      .sort(([a], [b]) => a - b)
      .map(([, o]) => o)
    assert.equal(canonical(judged(c, shuffled)), first)
  }
})

test('canonical form: sorted by code unit, integers only, no lone surrogates (RFC 8785)', () => {
  assert.equal(
    canonical({ b: 1, a: [true, null, 'é\u20ac\n'], '\u20ac': {}, z: undefined }),
    '{"a":[true,null,"é€\\n"],"b":1,"z":null,"€":{}}'.replace('"z":null,', ''),
  )
  assert.equal(canonical(-0), '0')
  for (const bad of [1.5, NaN, 2 ** 53, '\ud800', () => 1]) assert.throws(() => canonical({ x: bad }), TypeError)
})
