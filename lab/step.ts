import { canonicalBytes } from '../reports/run-directory.ts'
import { keyOf, type Seen, type State, type Unanswered } from '../suites/observation.ts'
import type { Sample } from '../suites/statement.ts'
import type { RunBench } from './bench.ts'
import { bounded, sound } from './bounded.ts'
import { identify, isEnrolled } from './enrolment.ts'
import { failuresEnded } from './forgetting.ts'
import { lockSecondsOf } from './in-service.ts'
import { find, isDone, unanswered, type LabRun } from './lab-run.ts'
import { waitUntilAlive } from './liveness.ts'
import type { Step } from './schedule.ts'

/**
 * One observation: made in bounded time, checked against its schema, stored, and journalled before anything else happens.
 * What was seen while the unit turned into another one can no longer speak in its favour. Returns the marks that changed.
 */
export async function observeStep(
  lab: LabRun,
  bench: RunBench,
  sample: Sample,
  step: Step,
  place: Place,
): Promise<string[]> {
  const { kind, probe, subject, state } = step
  const probeName = probe ? `${probe.id}@${probe.version}` : 'none'
  if (probe && lab.interrupted.has(keyOf({ kind: kind.id, subject, state }))) await restartCounters(lab, bench, step)
  const startedAt = lab.now()
  const waitedBefore = bench.waited()
  lab.run.append({ type: 'started', kind: kind.id, subject, state, probe: probeName })
  const opened = bench.opened()
  const seen = repeated(lab, step, sound(step, await bounded(lab, bench, step)))
  // Whoever opened no connection failed no log-in.
  if (probe && bench.opened() > opened) failuresEnded(bench, probe)
  const changed = isEnrolled(lab, sample)
    ? await identify(lab, bench, sample, `after ${kind.id}`, probe?.grade !== 'disruptive')
    : []
  if (changed.length > 0 && seen.answered)
    seen.controls.push({ id: 'identity', ok: false, about: { code: 'framework.identity-changed', values: {} } })
  keep(lab, step, seen, probeName, startedAt, bench.waited() - waitedBefore, place)
  return changed
}

/** The number of a step, among how many. */
export interface Place {
  n: number
  of: number
}

/** Stores an observation and journals it; from then on it is part of the run. */
export function keep(
  lab: LabRun,
  { kind, subject, state }: Step,
  seen: Seen<unknown>,
  probe: string,
  startedAt: number,
  waited: number,
  place: Place,
): void {
  const endedAt = lab.now()
  const object = lab.run.store(canonicalBytes(seen), {
    name: `${kind.id} ${subject} ${state}`,
    mediaType: 'application/json',
    disclosure: 'regulator',
  })
  lab.run.append({
    type: 'observed',
    kind: kind.id,
    kindVersion: kind.version,
    subject,
    state,
    probe,
    startedAt,
    endedAt,
    waited,
    answered: seen.answered,
    object,
    artifacts: seen.artifacts,
  })
  lab.observations.set(keyOf({ kind: kind.id, subject, state }), {
    kind: kind.id,
    kindVersion: kind.version,
    subject,
    state,
    probe,
    startedAt,
    endedAt,
    seen,
  })
  lab.onProgress({
    event: 'observed',
    ...place,
    kind: kind.id,
    subject,
    state,
    answered: seen.answered,
    why: seen.answered ? null : seen.why,
    seconds: Math.round((endedAt - startedAt) / 1e6),
  })
}

/** Failed log-ins and a half-done update of an interrupted step are given the declared time to be forgotten. */
async function restartCounters(lab: LabRun, bench: RunBench, { probe }: Step): Promise<void> {
  if (probe?.grade !== 'disruptive') return
  const boot = probe.tier === 'D' ? Math.max(0, ...lab.statement.updates.map((u) => u.bootSeconds)) : 0
  const seconds = Math.max(boot, lockSecondsOf(lab.statement))
  if (seconds > 0) await bench.wait(seconds * 1000, { code: 'run.waiting-unlock', values: { seconds } })
  await waitUntilAlive(bench)
}

/** A step with lasting effects that was interrupted and now finds its beginning gone: the interruption is to blame. */
function repeated(lab: LabRun, { kind, probe, subject, state }: Step, seen: Seen<unknown>): Seen<unknown> {
  const isSpoiled =
    !seen.answered &&
    seen.cause === 'operator' &&
    probe?.tier === 'D' &&
    probe.leaves !== undefined &&
    !lab.signal.aborted
  if (!isSpoiled || !lab.interrupted.has(keyOf({ kind: kind.id, subject, state }))) return seen
  return {
    ...unanswered('lab', 'framework.interrupted'),
    partial: { why: seen.why, partial: seen.partial ?? null },
    artifacts: seen.artifacts,
  }
}

/** A state that cannot be observed any more: what is missing of it is said, with its cause. */
export function giveUp(lab: LabRun, sample: Sample, state: State, why: Unanswered): void {
  const pending = lab.schedule.pending(sample.id, state, find(lab), isDone(lab))
  const seen = lab.signal.aborted ? unanswered('operator', 'framework.cancelled') : why
  for (const [i, step] of pending.entries())
    keep(lab, step, seen, 'none', lab.now(), 0, {
      n: lab.observations.size + 1,
      of: lab.observations.size + pending.length - i,
    })
}
