import { byCodeUnit, digestOf } from './canonical.ts'
import type { Criterion } from './criterion.ts'
import type { ObservationKind, State } from './observation.ts'
import type { Regulation } from './regulation.ts'
import type { Sample, Statement } from './statement.ts'

/** What an official run judges in full and a rehearsal in part (rule 9). */
export interface Selection {
  mode: 'official' | 'rehearsal'
  /** Criteria left out by a rehearsal. */
  deselected: string[]
}

/** One criterion with one set of parameters, and the clauses that ask for it. */
export interface Demanded {
  criterion: string
  parameters: Record<string, unknown>
  /** SHA-256 of the canonical parameters. */
  parametersDigest: string
  askedBy: { regulation: string; clause: string }[]
  selected: boolean
}

export type Registry = {
  criteria: ReadonlyMap<string, Criterion>
  kinds: ReadonlyMap<string, ObservationKind>
}

/** All criteria the regulations ask for, each once per set of parameters, in canonical order. */
export function demandOf(regulations: readonly Regulation[], selection: Selection): Demanded[] {
  const byKey = new Map<string, Demanded>()
  for (const regulation of regulations)
    for (const clause of regulation.clauses)
      for (const { criterion, parameters = {} } of clause.criteria ?? []) {
        const parametersDigest = digestOf(parameters)
        const key = `${criterion}|${parametersDigest}`
        const demanded = byKey.get(key) ?? {
          criterion,
          parameters,
          parametersDigest,
          askedBy: [],
          selected: !selection.deselected.includes(criterion),
        }
        demanded.askedBy.push({ regulation: regulation.id, clause: clause.id })
        byKey.set(key, demanded)
      }
  return [...byKey.entries()].sort(([a], [b]) => byCodeUnit(a, b)).map(([, d]) => d)
}

/** The observation kinds that the selected criteria need, with the kinds those depend on, and in which states. */
export function kindsOf(demand: readonly Demanded[], { criteria, kinds }: Registry): Map<string, Set<State>> {
  const needed = new Map<string, Set<State>>()
  const add = (kind: ObservationKind, states: readonly State[]) => {
    const set = needed.get(kind.id) ?? new Set<State>()
    for (const s of states) set.add(s)
    needed.set(kind.id, set)
    for (const id of kind.dependsOn) {
      const dependency = kinds.get(id)
      if (dependency) add(dependency, states)
    }
  }
  for (const d of demand) {
    const criterion = criteria.get(d.criterion)
    if (!d.selected || !criterion) continue
    for (const kind of [criterion.over, ...criterion.also]) add(kind, criterion.states)
  }
  return needed
}

/** The states one sample passes through. *Spent* follows destructive steps and exists only where they are permitted. */
export function statesOf(sample: Sample, statement: Statement): State[] {
  const states: State[] = sample.arrives === 'factory-fresh' ? ['factory-fresh', 'in-service'] : ['in-service']
  return statement.permit === 'destructive' ? [...states, 'spent'] : states
}

/** Expected subjects of a kind in a state, without the samples that never are in that state. */
export function expectedSubjects(
  kind: ObservationKind,
  state: State,
  statement: Statement,
  find: <T>(kind: ObservationKind<T>, state: State) => { subject: string; value: T }[],
): string[] {
  const inState = new Set(statement.samples.filter((s) => statesOf(s, statement).includes(state)).map((s) => s.id))
  const subjects = kind.expected({ statement, state, seen: (k) => find(k, state) })
  return [...new Set(subjects)].filter((s) => inState.has(s.split('/')[0] ?? '')).sort(byCodeUnit)
}
