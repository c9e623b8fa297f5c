import type { Sample } from '../suites/statement.ts'
import type { Bench, Probe } from './probe.ts'

/** Counters that are made from a log forget some time after their window. */
const LATE_S = 16
const LONGEST_S = 300

const lastFailures = new WeakMap<Sample, number>()

/**
 * Where failures are counted by the lab's address, those of an earlier step are let go first: else one step's failures
 * set off a ban in the next, which would be taken for what that step saw.
 */
export async function letFailuresBeForgotten(bench: Bench, probe: Probe): Promise<void> {
  const last = lastFailures.get(bench.sample)
  if (!probe.failsLogins || last === undefined) return
  const windows = bench.statement.bruteForce.flatMap((b) =>
    b.scope === 'account' || b.protection !== 'lock' ? [] : [b.windowSeconds ?? 30],
  )
  if (windows.length === 0) return
  const seconds = Math.min(LONGEST_S, Math.max(...windows) + LATE_S)
  const left = last / 1000 + seconds * 1000 - bench.now() / 1000
  if (left > 0) await bench.wait(left, { code: 'run.forgetting', values: { seconds } })
}

/** Notes when a step that fails log-ins ended. */
export function failuresEnded(bench: Bench, probe: Probe): void {
  if (probe.failsLogins) lastFailures.set(bench.sample, bench.now())
}
