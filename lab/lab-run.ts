import type { RunDirectory } from '../reports/run-directory.ts'
import { keyOf, type Observation, type ObservationKind, type State, type Unanswered } from '../suites/observation.ts'
import type { Registry } from '../suites/plan.ts'
import type { Statement } from '../suites/statement.ts'
import type { RunBench } from './bench.ts'
import type { Changes } from './changes.ts'
import type { Hooks } from './hooks.ts'
import type { Watch } from './probe.ts'
import type { OnProgress } from './progress.ts'
import type { Schedule, Step } from './schedule.ts'
import type { Secrets } from './secrets.ts'

/** Everything the steps of one run share. */
export interface LabRun {
  statement: Statement
  registry: Registry
  schedule: Schedule
  run: RunDirectory
  benches: ReadonlyMap<string, RunBench>
  changes: Changes
  hooks: Hooks
  secrets: Secrets
  /** Observations so far, also those of an earlier part of a resumed run. */
  observations: Map<string, Observation>
  /** Steps that an earlier part of a resumed run began and did not finish. */
  interrupted: ReadonlySet<string>
  /** What is being watched in the present state, by the step that ends it. */
  watches: Map<string, Watch>
  signal: AbortSignal
  now: () => number
  onProgress: OnProgress
}

/** Answered values of a kind in a state, in subject order. */
export const find =
  (lab: LabRun) =>
  <T>(kind: ObservationKind<T>, state: State) =>
    [...lab.observations.values()]
      .filter((o) => o.kind === kind.id && o.state === state && o.seen.answered)
      .map((o) => ({ subject: o.subject, value: (o.seen as { value: T }).value }))
      .sort((a, b) => (a.subject < b.subject ? -1 : 1))

export const isDone = (lab: LabRun) => (s: Step) =>
  lab.observations.has(keyOf({ kind: s.kind.id, subject: s.subject, state: s.state }))

/** The states the journal says a sample has been in. */
export const statesReached = (run: RunDirectory, sample: string): State[] =>
  run
    .lines()
    .flatMap((l) =>
      l.type === 'state' && (l as { sample: string }).sample === sample ? [(l as { state: State }).state] : [],
    )

export const unanswered = (
  cause: Unanswered['cause'],
  code: string,
  values: Unanswered['why']['values'] = {},
): Unanswered => ({
  answered: false,
  cause,
  why: { code, values },
  artifacts: [],
})
