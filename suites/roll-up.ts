import { digestOf } from './canonical.ts'
import type { Judgement } from './judge.ts'
import type { Message } from './observation.ts'
import type { Demanded, Selection } from './plan.ts'
import type { Clause, Regulation } from './regulation.ts'

export const OUTCOMES = ['pass', 'fail', 'inconclusive', 'not-applicable', 'not-assessed', 'unrun', 'covered'] as const
export type Outcome = (typeof OUTCOMES)[number]

export interface ClauseOutcome {
  clause: string
  level: 'required' | 'recommended'
  outcome: Outcome
  /** Positions in `judgements` of the verdicts. */
  judgements: number[]
  why: Message | null
}

/** An official run concludes on the regulation; a rehearsal only on what it selected (rule 9). */
export const OVERALLS = [
  'conforms',
  'does-not-conform',
  'undetermined',
  'no-failure-in-selection',
  'failure-in-selection',
  'undetermined-in-selection',
] as const
export type Overall = (typeof OVERALLS)[number]

export interface RegulationOutcome {
  regulation: string
  edition: string
  /** SHA-256 of the regulation file's canonical form. */
  digest: string
  overall: Overall
  /** The text is not verified against the gazette: the result is indicative, never admissible (rule 11). */
  indicative: boolean
  clauses: ClauseOutcome[]
}

export function rollUp(
  regulation: Regulation,
  demand: readonly Demanded[],
  judgements: readonly Judgement[],
  selection: Selection,
): RegulationOutcome {
  const clauses = regulation.clauses.map((c) => clauseOutcome(c, regulation.id, demand, judgements))
  return {
    regulation: regulation.id,
    edition: regulation.edition,
    digest: digestOf(regulation),
    overall: overallOf(clauses, selection),
    indicative: regulation.text === 'reconstructed',
    clauses,
  }
}

/** Fail if one fails, inconclusive if one is, unrun if one was left out; pass needs at least one pass. */
function clauseOutcome(
  clause: Clause,
  regulation: string,
  demand: readonly Demanded[],
  judgements: readonly Judgement[],
): ClauseOutcome {
  const base = { clause: clause.id, level: clause.level }
  const asked = demand.filter((d) => d.askedBy.some((a) => a.regulation === regulation && a.clause === clause.id))
  if (asked.length === 0)
    return { ...base, outcome: 'not-assessed', judgements: [], why: { code: 'framework.not-assessed', values: {} } }
  const at = judgements.flatMap((j, i) =>
    asked.some((d) => d.criterion === j.criterion && d.parametersDigest === j.parametersDigest) ? [i] : [],
  )
  const has = (verdict: Judgement['verdict']) => at.some((i) => judgements[i]?.verdict === verdict)
  const outcome: Outcome = has('fail')
    ? 'fail'
    : has('inconclusive')
      ? 'inconclusive'
      : asked.some((d) => !d.selected)
        ? 'unrun'
        : has('pass')
          ? 'pass'
          : has('not-applicable')
            ? 'not-applicable'
            : 'inconclusive'
  return { ...base, outcome, judgements: at, why: outcome === 'unrun' ? { code: 'framework.unrun', values: {} } : null }
}

/**
 * Any required fail does not conform; every required clause passed, justified not applicable or covered, with at
 * least one pass, conforms; everything else is undetermined.
 */
function overallOf(clauses: readonly ClauseOutcome[], selection: Selection): Overall {
  const required = clauses.filter((c) => c.level === 'required')
  const official = selection.mode === 'official'
  const considered = official ? required : required.filter((c) => c.outcome !== 'unrun')
  const fails = considered.some((c) => c.outcome === 'fail')
  const holds = considered.every(
    (c) => c.outcome === 'pass' || c.outcome === 'not-applicable' || c.outcome === 'covered',
  )
  const passes = considered.some((c) => c.outcome === 'pass')
  if (official) return fails ? 'does-not-conform' : holds && passes ? 'conforms' : 'undetermined'
  return fails ? 'failure-in-selection' : holds && passes ? 'no-failure-in-selection' : 'undetermined-in-selection'
}
