import { byCodeUnit, digestOf } from './canonical.ts'
import { gap, type Applies, type Cite, type Criterion, type Finding, type JudgeContext } from './criterion.ts'
import { keyOf, type Message, type Observation, type ObservationKind, type Seen, type State } from './observation.ts'
import { demandOf, expectedSubjects, type Demanded, type Registry, type Selection } from './plan.ts'
import type { Catalogue, Regulation } from './regulation.ts'
import { rollUp, type RegulationOutcome } from './roll-up.ts'
import type { Statement } from './statement.ts'

/** All that a verdict is computed from. */
export interface Evidence {
  statement: Statement
  regulations: Regulation[]
  catalogues: Catalogue[]
  observations: Observation[]
  selection: Selection
}

export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'not-applicable'

export interface Judgement {
  criterion: string
  criterionVersion: string
  parametersDigest: string
  /** Empty where the whole population is meant. */
  subject: string
  state: State | null
  verdict: Verdict
  findings: Finding[]
}

export interface Verdicts {
  demand: Demanded[]
  judgements: Judgement[]
  regulations: RegulationOutcome[]
}

const STATE_ORDER: readonly State[] = ['factory-fresh', 'in-service', 'spent']

/** Judges evidence: a pure function, equal on every machine, whatever the order of the observations. */
export function judge(evidence: Evidence, registry: Registry): Verdicts {
  const demand = demandOf(evidence.regulations, evidence.selection)
  const index = new Map(evidence.observations.map((o) => [keyOf(o), o]))
  const judgements = demand
    .filter((d) => d.selected)
    .flatMap((d) => {
      const criterion = registry.criteria.get(d.criterion)
      return criterion ? judgeOne(criterion, d, evidence, index, registry) : [unknownCriterion(d)]
    })
  judgements.sort(
    (a, b) =>
      byCodeUnit(a.criterion, b.criterion) ||
      byCodeUnit(a.parametersDigest, b.parametersDigest) ||
      byCodeUnit(a.subject, b.subject) ||
      byCodeUnit(a.state ?? '', b.state ?? ''),
  )
  return {
    demand,
    judgements,
    regulations: evidence.regulations.map((r) => rollUp(r, demand, judgements, evidence.selection)),
  }
}

/** A confirmed violation fails; a suspicion or a gap is inconclusive; evidence with citations passes (rule 3). */
export function verdictOf(findings: readonly Finding[]): Exclude<Verdict, 'not-applicable'> {
  if (findings.some((f) => f.is === 'violation' && f.certainty === 'confirmed')) return 'fail'
  if (findings.some((f) => f.is !== 'evidence' || f.certainty === 'suspect' || f.cites.length === 0))
    return 'inconclusive'
  return findings.length > 0 ? 'pass' : 'inconclusive'
}

type Index = ReadonlyMap<string, Observation>

function judgeOne(
  criterion: Criterion,
  d: Demanded,
  evidence: Evidence,
  index: Index,
  registry: Registry,
): Judgement[] {
  const draft = (subject: string, state: State | null, findings: Finding[], verdict?: Verdict): Judgement => ({
    criterion: criterion.id,
    criterionVersion: criterion.version,
    parametersDigest: d.parametersDigest,
    subject,
    state,
    verdict: verdict ?? verdictOf(findings),
    findings,
  })
  const find = <T>(kind: ObservationKind<T>, state: State) => answeredOf(kind, state, evidence.statement, index)
  const context = (subject: string, state: State): JudgeContext<unknown> => ({
    statement: evidence.statement,
    parameters: d.parameters,
    subject,
    state,
    cite: citing(criterion.over.id, subject, state),
    others: <T>(kind: ObservationKind<T>) =>
      expectedSubjects(kind, state, evidence.statement, find).map((s) => ({
        subject: s,
        seen: seenOf<T>(kind.id, s, state, index),
        cite: citing(kind.id, s, state),
      })),
    catalogue: (name) => catalogueOf(name, criterion, evidence),
  })
  const applies = appliesOf(criterion, evidence.statement)
  if (applies.answer !== 'yes') {
    const against = criterion.states.flatMap((state) =>
      guarded(criterion, () => criterion.contradicts?.(context('', state)) ?? []),
    )
    if (against.length > 0) return [draft('', null, against)]
    const why = gap(applies.why.code, applies.why.values, [])
    return [draft('', null, [why], applies.answer === 'no' ? 'not-applicable' : 'inconclusive')]
  }
  const judgements: Judgement[] = []
  for (const state of STATE_ORDER.filter((s) => criterion.states.includes(s))) {
    const subjects = expectedSubjects(criterion.over, state, evidence.statement, find).filter(
      (s) => criterion.concerns?.(evidence.statement, s) ?? true,
    )
    for (const subject of subjects) {
      const seen = seenOf(criterion.over.id, subject, state, index)
      judgements.push(draft(subject, state, findingsOf(criterion, seen, context(subject, state))))
    }
    for (const { kind, subject, why } of undiscovered(criterion.over, state, evidence.statement, index, registry))
      judgements.push(
        draft(subject, state, [
          gap('framework.population-unknown', { kind, ...why.values }, []),
          gap(why.code, why.values, []),
        ]),
      )
  }
  return judgements.length > 0
    ? judgements
    : [draft('', null, [gap('framework.empty-population', { kind: criterion.over.id }, [])])]
}

/** Unanswered is inconclusive with its cause; a failed control keeps evidence from passing (rule 1). */
function findingsOf(criterion: Criterion, seen: Seen<unknown>, context: JudgeContext<unknown>): Finding[] {
  if (!seen.answered)
    return [gap('framework.unanswered', { cause: seen.cause }, []), gap(seen.why.code, seen.why.values, [])]
  const failed = seen.controls.filter((c) => !c.ok)
  return [
    ...guarded(criterion, () => criterion.judge(seen, context)),
    ...failed.map((c) => gap('framework.control-failed', { control: c.id }, [])),
  ]
}

/** A criterion that cannot digest an observation has not judged it. The text of the error is no evidence: it varies by engine. */
function guarded(criterion: Criterion, run: () => Finding[]): Finding[] {
  try {
    return run().map((f) =>
      f.is !== 'gap' && f.cites.length === 0 ? gap('framework.uncited', { message: f.message.code }, []) : f,
    )
  } catch {
    return [gap('framework.criterion-broken', { criterion: criterion.id }, [])]
  }
}

/** What the statement claims not to apply is believed only where the condition is not plainly true (rule 5). */
function appliesOf(criterion: Criterion, statement: Statement): Applies {
  const applies = criterion.applies(statement)
  const claim = statement.notApplicable?.find((n) => n.criterion === criterion.id)
  if (claim && applies.answer === 'unknown')
    return { answer: 'no', why: { code: 'framework.claimed', values: { reason: claim.reason } } }
  return applies
}

function citing(kind: string, subject: string, state: State): (at: string) => Cite {
  return (at) => ({ kind, subject, state, at })
}

function seenOf<T>(kind: string, subject: string, state: State, index: Index): Seen<T> {
  const observation = index.get(keyOf({ kind, subject, state }))
  if (observation) return observation.seen as Seen<T>
  return {
    answered: false,
    cause: 'lab',
    why: { code: 'framework.not-observed', values: { kind, subject } },
    artifacts: [],
  }
}

function answeredOf<T>(
  kind: ObservationKind<T>,
  state: State,
  statement: Statement,
  index: Index,
): { subject: string; value: T }[] {
  const find = <U>(k: ObservationKind<U>, s: State) => answeredOf(k, s, statement, index)
  return expectedSubjects(kind, state, statement, find).flatMap((subject) => {
    const seen = seenOf<T>(kind.id, subject, state, index)
    return seen.answered ? [{ subject, value: seen.value }] : []
  })
}

/** Discovery that did not happen leaves the population unknown: no pass over what was found alone. */
function undiscovered(
  kind: ObservationKind,
  state: State,
  statement: Statement,
  index: Index,
  { kinds }: Registry,
): { kind: string; subject: string; why: Message }[] {
  const find = <U>(k: ObservationKind<U>, s: State) => answeredOf(k, s, statement, index)
  return kind.dependsOn.flatMap((id) => {
    const dependency = kinds.get(id)
    if (!dependency) return []
    const missing = expectedSubjects(dependency, state, statement, find).flatMap((subject) => {
      const seen = seenOf(id, subject, state, index)
      return seen.answered ? [] : [{ kind: id, subject, why: seen.why }]
    })
    return [...missing, ...undiscovered(dependency, state, statement, index, { kinds } as Registry)]
  })
}

function catalogueOf(name: string, criterion: Criterion, { catalogues }: Evidence): unknown {
  const found = catalogues.find((c) => c.id === name)
  if (!criterion.catalogues.includes(name) || !found) throw new Error(`catalogue ${name}`)
  return found.data
}

const unknownCriterion = (d: Demanded): Judgement => ({
  criterion: d.criterion,
  criterionVersion: '',
  parametersDigest: d.parametersDigest,
  subject: '',
  state: null,
  verdict: 'inconclusive',
  findings: [gap('framework.unknown-criterion', { criterion: d.criterion }, [])],
})

/** The digest that the report carries of its verdicts. */
export const verdictsDigest = (verdicts: Verdicts): string => digestOf(verdicts)
