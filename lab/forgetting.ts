import type { Sample } from '../suites/statement.ts'
import type { Bench, Probe } from './probe.ts'

/** Counters that are made from a log forget some time after their window. */
const LATE_S = 16
const LONGEST_S = 300

const USUAL_FAILURES = 5

/** When the last step that fails log-ins ended, and how many the steps since the last waiting may have failed. */
const failures = new WeakMap<Sample, { last: number; count: number }>()

/**
 * Where failures are counted by the lab's address, those of an earlier step are let go first: else one step's failures
 * set off a ban in the next, which would be taken for what that step saw. Steps that fail few share one waiting.
 */
export async function letFailuresBeForgotten(bench: Bench, probe: Probe): Promise<void> {
  const before = failures.get(bench.sample)
  const ahead = failuresOf(probe, bench)
  if (ahead === 0 || before === undefined) return
  const rows = bench.statement.bruteForce.filter((b) => b.scope !== 'account' && b.protection === 'lock')
  if (rows.length === 0) return
  const least = Math.min(...rows.map((b) => b.failures ?? USUAL_FAILURES))
  if (before.count + ahead < least) return
  const seconds = Math.min(LONGEST_S, Math.max(...rows.map((b) => b.windowSeconds ?? 30)) + LATE_S)
  failures.delete(bench.sample)
  const left = before.last / 1000 + seconds * 1000 - bench.now() / 1000
  if (left > 0) await bench.wait(left, { code: 'run.forgetting', values: { seconds } })
}

/** Notes when a step that fails log-ins ended. */
export function failuresEnded(bench: Bench, probe: Probe): void {
  const count = failuresOf(probe, bench)
  if (count === 0) return
  failures.set(bench.sample, { last: bench.now(), count: count + (failures.get(bench.sample)?.count ?? 0) })
}

/** Most log-ins that a step fails on purpose. */
function failuresOf({ failsLogins = 0 }: Probe, { statement }: Bench): number {
  const most = typeof failsLogins === 'function' ? failsLogins(statement) : failsLogins
  return most === true ? Infinity : most
}
