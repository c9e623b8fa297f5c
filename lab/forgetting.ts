import type { Sample, Statement } from '../suites/statement.ts'
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
  const seconds = forgettingBefore(before?.count ?? 0, probe, bench.statement)
  if (before === undefined || seconds === 0) return
  failures.delete(bench.sample)
  const left = before.last / 1000 + seconds * 1000 - bench.now() / 1000
  if (left > 0) await bench.wait(left, { code: 'run.forgetting', values: { seconds } })
}

/** Notes when a step that fails log-ins ended. */
export function failuresEnded(bench: Bench, probe: Probe): void {
  const count = failuresOf(probe, bench.statement)
  if (count === 0) return
  failures.set(bench.sample, { last: bench.now(), count: count + (failures.get(bench.sample)?.count ?? 0) })
}

/** How long each of these steps, one after another, will wait for failures of those before it to be forgotten. */
export function forgettingSeconds(
  steps: readonly { probe: Probe | null; seconds: number }[],
  statement: Statement,
): number[] {
  let count = 0
  let since = 0
  return steps.map(({ probe, seconds }) => {
    const due = probe ? forgettingBefore(count, probe, statement) : 0
    const wait = Math.max(0, due - since)
    const failed = probe ? failuresOf(probe, statement) : 0
    count = failed + (due > 0 ? 0 : count)
    since = failed > 0 ? 0 : since + wait + seconds
    return wait
  })
}

/** How long after `count` failed log-ins a step must not begin; 0 where they do not matter to it. */
function forgettingBefore(count: number, probe: Probe, statement: Statement): number {
  const ahead = failuresOf(probe, statement)
  const rows = statement.bruteForce.filter((b) => b.scope !== 'account' && b.protection === 'lock')
  if (count === 0 || ahead === 0 || rows.length === 0) return 0
  if (count + ahead < Math.min(...rows.map((b) => b.failures ?? USUAL_FAILURES))) return 0
  return Math.min(LONGEST_S, Math.max(...rows.map((b) => b.windowSeconds ?? 30)) + LATE_S)
}

/** Most log-ins that a step fails on purpose. */
function failuresOf({ failsLogins = 0 }: Probe, statement: Statement): number {
  const most = typeof failsLogins === 'function' ? failsLogins(statement) : failsLogins
  return most === true ? Infinity : most
}
