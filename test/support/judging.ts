import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Criterion } from '../../suites/criterion.ts'
import { judge, type Judgement } from '../../suites/judge.ts'
import type { Observation, ObservationKind, State } from '../../suites/observation.ts'
import type { Catalogue, Regulation } from '../../suites/regulation.ts'
import type { Statement } from '../../suites/statement.ts'

const url = (path: string) => new URL(`../../${path}`, import.meta.url)

export const catalogueFile = (name: string): Catalogue =>
  parse(readFileSync(url(`profiles/catalogues/${name}.yaml`), 'utf8')) as Catalogue
export const fixture = (path: string): unknown => JSON.parse(readFileSync(url(`test/fixtures/${path}`), 'utf8'))

/** An observation that was answered. */
export const answered = <T>(
  kind: ObservationKind<T>,
  subject: string,
  value: T,
  state: State = 'in-service',
): Observation => ({
  kind: kind.id,
  kindVersion: kind.version,
  subject,
  state,
  probe: kind.id,
  startedAt: 0,
  endedAt: 1,
  seen: { answered: true, value, controls: [], artifacts: [] },
})

/** Judges one criterion as the framework does, with a regulation that asks for nothing else. */
export function judgeBy<T, P>(
  criterion: Criterion<T, P>,
  evidence: {
    statement: Statement
    observations: Observation[]
    kinds: ObservationKind[]
    parameters?: Record<string, unknown>
  },
): Judgement[] {
  const regulation = {
    camseal: 'regulation/1',
    id: 'test',
    edition: '1',
    title: { en: 't', vi: 't' },
    text: 'own',
    validFrom: null,
    validUntil: null,
    note: { en: 'n', vi: 'n' },
    catalogues: {},
    clauses: [
      {
        id: '1',
        level: 'required',
        title: { en: 't', vi: 't' },
        asks: { en: 'a', vi: 'a' },
        criteria: [{ criterion: criterion.id, parameters: evidence.parameters ?? {} }],
        provenance: { confidence: 'own', sources: [] },
      },
    ],
  } as Regulation
  const verdicts = judge(
    {
      statement: evidence.statement,
      regulations: [regulation],
      observations: evidence.observations,
      catalogues: criterion.catalogues.map(catalogueFile),
      selection: { mode: 'rehearsal', deselected: [] },
    },
    {
      criteria: new Map([[criterion.id, criterion as unknown as Criterion]]),
      kinds: new Map(evidence.kinds.map((k) => [k.id, k])),
    },
  )
  return verdicts.judgements
}

/** Codes of the findings, with `?` behind a suspicion. */
export const codes = (judgement: Judgement | undefined): string[] =>
  (judgement?.findings ?? []).map(
    (f) => f.message.code + (f.is === 'violation' && f.certainty === 'suspect' ? '?' : ''),
  )
