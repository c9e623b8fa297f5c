import type { Criterion } from '../../suites/criterion.ts'
import { evidence } from '../../suites/criterion.ts'
import { judge, type Evidence, type Judgement, type Verdict } from '../../suites/judge.ts'
import type { Registry } from '../../suites/plan.ts'
import { int, list, obj, oneOf, sha256Hex, text, type Static } from '../../suites/schema.ts'

export const VERDICTS = ['fail', 'inconclusive', 'pass', 'not-applicable'] as const

const tried = obj({
  criterion: text(),
  /** The worst verdict of all subjects and states. */
  verdict: oneOf(...VERDICTS),
  /** The same evidence, judged with this criterion's judge replaced by one that always passes. */
  blind: oneOf(...VERDICTS),
  /** Codes of what kept it from passing. */
  because: list(text()),
})

/** What one camera showed; kept, and used again while its key holds. */
export const caseResultSchema = obj({
  camseal: oneOf('qualification-case/1'),
  key: sha256Hex(),
  id: text(),
  seconds: int(),
  criteria: list(tried),
})
export type CaseResult = Static<typeof caseResultSchema>
export type Tried = CaseResult['criteria'][number]

/** Judges the evidence of a case twice for each criterion: as it is, and with a judge that has no eyes. */
export function triedOn(evidenceSeen: Evidence, criteria: readonly string[], registry: Registry): Tried[] {
  return criteria.map((id) => {
    const alone = {
      ...evidenceSeen,
      selection: { ...evidenceSeen.selection, deselected: [...registry.criteria.keys()].filter((c) => c !== id) },
    }
    const real = judge(alone, registry).judgements.filter((j) => j.criterion === id)
    const blind = judge(alone, blinded(registry, id)).judgements.filter((j) => j.criterion === id)
    const against = real.flatMap((j) => j.findings.filter((f) => f.is !== 'evidence').map((f) => f.message.code))
    return { criterion: id, verdict: worst(real), blind: worst(blind), because: [...new Set(against)].sort() }
  })
}

/** The registry with one criterion that passes whatever it is shown. */
export function blinded({ criteria, kinds }: Registry, id: string): Registry {
  const criterion = criteria.get(id)
  if (!criterion) return { criteria, kinds }
  const { contradicts: _, ...rest } = criterion
  const constant: Criterion = {
    ...rest,
    judge: (_seen, { cite }) => [evidence('constant-pass', {}, [cite('')])],
  }
  return { criteria: new Map([...criteria, [id, constant]]), kinds }
}

/** Nothing judged at all is no pass. */
function worst(judgements: readonly Judgement[]): Verdict {
  return VERDICTS.find((v) => judgements.some((j) => j.verdict === v)) ?? 'inconclusive'
}
