import { keyOf, type State } from '../suites/observation.ts'
import type { Sample } from '../suites/statement.ts'
import type { RunBench } from './bench.ts'
import { find, isDone, type LabRun } from './lab-run.ts'

/**
 * Begins what watches while the others of a state work, and returns what ends it whatever happens. A watch that was cut by
 * a crash begins anew, and is told how many observations it missed.
 */
export async function beginWatches(lab: LabRun, bench: RunBench, sample: Sample, state: State): Promise<() => void> {
  const before = [...lab.observations.values()].filter(
    (o) => o.state === state && o.subject.split('/')[0] === sample.id,
  ).length
  const begun: string[] = []
  for (const { kind, probe, subject } of lab.schedule.pending(sample.id, state, find(lab), isDone(lab))) {
    if (!probe?.watch || lab.signal.aborted) continue
    const key = keyOf({ kind: kind.id, subject, state })
    lab.watches.set(key, await probe.watch(bench, subject, before))
    begun.push(key)
  }
  return () => {
    for (const key of begun) {
      lab.watches.get(key)?.stop()
      lab.watches.delete(key)
    }
  }
}
