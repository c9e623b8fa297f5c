import { byCodeUnit } from '../suites/canonical.ts'
import type { Verdict } from '../suites/judge.ts'
import type { Report } from './report.ts'

/** One judged thing as it is known from run to run: what was asked by which clause, of what, in which state. */
export interface Item {
  /** `regulation/clause criterion[subject@state]`: the same in every run of the same regulations on the same model. */
  id: string
  regulation: string
  clause: string
  level: 'required' | 'recommended'
  criterion: string
  subject: string
  state: string | null
  verdict: Verdict
  /** Position in `judgements` of the verdicts. */
  judgement: number
}

/** Every judgement once for each clause that asks for it, in the order of their ids. */
export function itemsOf({ verdicts }: Report): Item[] {
  const items = verdicts.regulations.flatMap(({ regulation, clauses }) =>
    clauses.flatMap(({ clause, level, judgements }) =>
      judgements.flatMap((judgement): Item[] => {
        const j = verdicts.judgements[judgement]
        if (!j) return []
        const { criterion, subject, state, verdict, parametersDigest } = j
        // A clause that asks twice asks with other parameters.
        const twice = judgements.some((n) => {
          const other = verdicts.judgements[n]
          return other?.criterion === criterion && other.parametersDigest !== parametersDigest
        })
        const id = `${regulation}/${clause} ${criterion}[${subject}@${state ?? ''}]${twice ? `#${parametersDigest.slice(0, 8)}` : ''}`
        return [{ id, regulation, clause, level, criterion, subject, state, verdict, judgement }]
      }),
    ),
  )
  return items.sort((a, b) => byCodeUnit(a.id, b.id))
}
