import { setMaxListeners } from 'node:events'
import { canonicalBytes, type RunDirectory } from '../reports/run-directory.ts'
import { checkValue } from '../profiles/yaml-file.ts'
import {
  keyOf,
  type Observation,
  type ObservationKind,
  type Seen,
  type State,
  type Unanswered,
} from '../suites/observation.ts'
import { statesOf, type Registry } from '../suites/plan.ts'
import type { Sample, Statement } from '../suites/statement.ts'
import { sourceTowards } from './addresses.ts'
import { bringIntoService, lockSecondsOf } from './in-service.ts'
import { sleep, type RunBench } from './bench.ts'
import { failuresEnded, letFailuresBeForgotten } from './forgetting.ts'
import { changedAnchors, readAnchors, type Anchors } from './identity.ts'
import type { Changes } from './changes.ts'
import { isAlive, placeOfSubject, waitUntilAlive } from './liveness.ts'
import type { OnProgress } from './progress.ts'
import type { Schedule, Step } from './schedule.ts'
import type { Secrets } from './secrets.ts'

export interface LabRun {
  statement: Statement
  registry: Registry
  schedule: Schedule
  run: RunDirectory
  benches: ReadonlyMap<string, RunBench>
  changes: Changes
  secrets: Secrets
  /** Observations so far, also those of an earlier part of a resumed run. */
  observations: Map<string, Observation>
  /** Steps that an earlier part of a resumed run began and did not finish. */
  interrupted: ReadonlySet<string>
  signal: AbortSignal
  now: () => number
  onProgress: OnProgress
}

/** Makes every observation the demand asks for, sample by sample and state by state. True when nothing was cut short. */
export async function observe(lab: LabRun): Promise<boolean> {
  for (const sample of lab.statement.samples) {
    const bench = lab.benches.get(sample.id)
    if (!bench) continue
    for (const state of statesOf(sample, lab.statement)) {
      if (lab.schedule.pending(sample.id, state, find(lab), isDone(lab)).length === 0) continue
      const isOther = isEnrolled(lab, sample) && (await identify(lab, bench, sample, `before ${state}`)).length > 0
      if (isOther) giveUp(lab, sample, state, unanswered('device', 'framework.identity-changed'))
      else if (await enter(lab, bench, sample, state)) await observeState(lab, bench, sample, state)
      else giveUp(lab, sample, state, unanswered('lab', 'framework.interrupted'))
    }
  }
  return !lab.signal.aborted
}

/**
 * Reads the identity and names the marks that no longer fit what was first read of this sample in this run, be it before
 * an interruption (rule 2). A mark that cannot be read shows nothing.
 */
async function identify(
  lab: LabRun,
  bench: RunBench,
  sample: Sample,
  moment: string,
  quiet = false,
): Promise<string[]> {
  if (lab.signal.aborted || !(await isAlive(bench))) return []
  const enrolled = enrolledOf(lab, sample)
  const now = await readAnchors(bench)
  const changed = changedAnchors(enrolled, now)
  if (!quiet || changed.length > 0) lab.run.append({ type: 'identity', sample: sample.id, moment, anchors: now })
  return changed
}

/** The first reading of each mark in the journal. */
function enrolledOf({ run }: LabRun, sample: Sample): Anchors {
  const enrolled: Anchors = {}
  for (const line of run.lines())
    if (line.type === 'identity' && (line as { sample: string }).sample === sample.id)
      for (const [name, value] of Object.entries((line as { anchors: Anchors }).anchors)) enrolled[name] ??= value
  return enrolled
}

const isEnrolled = (lab: LabRun, sample: Sample): boolean =>
  Object.values(enrolledOf(lab, sample)).some((v) => v !== null)

const find =
  (lab: LabRun) =>
  <T>(kind: ObservationKind<T>, state: State) =>
    [...lab.observations.values()]
      .filter((o) => o.kind === kind.id && o.state === state && o.seen.answered)
      .map((o) => ({ subject: o.subject, value: (o.seen as { value: T }).value }))
      .sort((a, b) => (a.subject < b.subject ? -1 : 1))

const isDone = (lab: LabRun) => (s: Step) =>
  lab.observations.has(keyOf({ kind: s.kind.id, subject: s.subject, state: s.state }))

/** Brings the sample into a state; false when that state is past. */
async function enter(lab: LabRun, bench: RunBench, sample: Sample, state: State): Promise<boolean> {
  const reached = statesReached(lab.run, sample.id)
  bench.state = state
  if (state === 'factory-fresh' && reached.some((s) => s !== 'factory-fresh')) return false
  if (state === 'in-service') {
    if (!lab.signal.aborted) await bringIntoService(lab, bench, sample, reached.includes('in-service'))
    return true
  }
  if (!reached.includes(state))
    lab.run.append({ type: 'state', sample: sample.id, state, about: { code: 'run.entered', values: {} } })
  lab.onProgress({ event: 'state', sample: sample.id, state })
  return true
}

/** The states the journal says a sample has been in. */
export const statesReached = (run: RunDirectory, sample: string): State[] =>
  run
    .lines()
    .flatMap((l) =>
      l.type === 'state' && (l as { sample: string }).sample === sample ? [(l as { state: State }).state] : [],
    )

async function observeState(lab: LabRun, bench: RunBench, sample: Sample, state: State): Promise<void> {
  let changed = await identify(lab, bench, sample, state)
  for (;;) {
    const pending = lab.schedule.pending(sample.id, state, find(lab), isDone(lab))
    const step = pending[0]
    if (!step) return
    const done = lab.observations.size
    const place = { n: done + 1, of: done + pending.length }
    lab.onProgress({ event: 'step', ...place, kind: step.kind.id, subject: step.subject, state })
    const refused =
      changed.length > 0 ? unanswered('device', 'framework.identity-changed') : await refusal(lab, bench, step)
    if (refused) keep(lab, step, refused, 'none', lab.now(), 0, place)
    else {
      if (step.probe) await letFailuresBeForgotten(bench, step.probe)
      changed = await observeStep(lab, bench, sample, step, place)
      if (step.probe) failuresEnded(bench, step.probe)
    }
  }
}

/** Why a step is not even tried: no probe, not permitted, cancelled, device not there. */
async function refusal(lab: LabRun, bench: RunBench, { probe, kind, subject }: Step): Promise<Unanswered | null> {
  if (!probe) return unanswered('lab', 'framework.no-probe', { kind: kind.id })
  if (probe.tier === 'D' && lab.statement.permit !== 'destructive')
    return unanswered('operator', 'framework.not-permitted')
  if (lab.signal.aborted) return unanswered('operator', 'framework.cancelled')
  const { alive, address, ports } = await waitUntilAlive(bench, placeOfSubject(subject, bench))
  if (lab.signal.aborted) return unanswered('operator', 'framework.cancelled')
  if (alive) return null
  const isLost = (await sourceTowards(address)) === null
  return isLost
    ? unanswered('lab', 'framework.no-route', { address })
    : unanswered('device', 'framework.device-absent', { address, ports })
}

/**
 * One observation: made in bounded time, checked against its schema, stored, and journalled before anything else happens.
 * What was seen while the unit turned into another one can no longer speak in its favour. Returns the marks that changed.
 */
async function observeStep(lab: LabRun, bench: RunBench, sample: Sample, step: Step, place: Place): Promise<string[]> {
  const { kind, probe, subject, state } = step
  const probeName = probe ? `${probe.id}@${probe.version}` : 'none'
  if (probe && lab.interrupted.has(keyOf({ kind: kind.id, subject, state }))) await restartCounters(lab, bench, step)
  const startedAt = lab.now()
  const waitedBefore = bench.waited()
  lab.run.append({ type: 'started', kind: kind.id, subject, state, probe: probeName })
  const seen = repeated(lab, step, sound(step, await bounded(lab, bench, step)))
  const changed = isEnrolled(lab, sample)
    ? await identify(lab, bench, sample, `after ${kind.id}`, probe?.grade !== 'disruptive')
    : []
  if (changed.length > 0 && seen.answered)
    seen.controls.push({ id: 'identity', ok: false, about: { code: 'framework.identity-changed', values: {} } })
  keep(lab, step, seen, probeName, startedAt, bench.waited() - waitedBefore, place)
  return changed
}

interface Place {
  n: number
  of: number
}

/** Stores an observation and journals it; from then on it is part of the run. */
function keep(
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

/** The disk of the run directory, not the device and not the probe, is at fault: the run ends and can be resumed. */
const isDiskFault = (e: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'].includes((e as NodeJS.ErrnoException | null)?.code ?? '')

/**
 * A probe that never ends is ended: four times its own estimate and two minutes are enough for anything. It then gets a
 * moment to return what it has, which cannot speak in the device's favour; afterwards it can send and change nothing.
 */
async function bounded(lab: LabRun, bench: RunBench, { probe, subject }: Step): Promise<Seen<unknown>> {
  if (!probe) return unanswered('lab', 'framework.no-probe', { kind: '' })
  const seconds = Math.ceil(probe.seconds(lab.statement) * 4 + 120)
  const over = new AbortController()
  const finished = new AbortController()
  const within = AbortSignal.any([lab.signal, over.signal])
  setMaxListeners(0, within)
  let isLate = false
  const late = sleep(seconds * 1000, AbortSignal.any([lab.signal, finished.signal])).then(
    async (full): Promise<Seen<unknown>> => {
      isLate = full
      over.abort()
      await sleep(10_000, finished.signal)
      return full
        ? unanswered('device', 'framework.timed-out', { seconds })
        : unanswered('operator', 'framework.cancelled')
    },
  )
  const done = probe.run(bench.within(within), subject).catch((e: unknown): Seen<unknown> => {
    if (isDiskFault(e)) throw e
    return unanswered('lab', 'framework.probe-broken', {
      detail: e instanceof Error ? `${e.name}: ${e.message}` : 'unknown',
    })
  })
  done.catch(() => undefined)
  const seen = await Promise.race([done, late]).finally(() => {
    finished.abort()
    over.abort()
  })
  if (lab.signal.aborted)
    return { ...unanswered('operator', 'framework.cancelled'), ...partOf(seen), artifacts: seen.artifacts }
  if (!isLate) return seen
  const about = { code: 'framework.timed-out', values: { seconds } }
  return seen.answered
    ? { ...seen, controls: [...seen.controls, { id: 'time', ok: false, about }] }
    : { ...unanswered('device', about.code, about.values), ...partOf(seen), artifacts: seen.artifacts }
}

/** What had been seen, for whoever reads the report. */
function partOf(seen: Seen<unknown>): { partial?: unknown } {
  const partial = seen.answered ? seen.value : seen.partial
  return partial === undefined ? {} : { partial }
}

/** What a probe returned must fit its schema and have a canonical form; else nothing was observed. */
function sound({ kind }: Step, seen: Seen<unknown>): Seen<unknown> {
  if (!seen.answered) return seen
  const checked = checkValue(kind.schema, seen.value)
  if (!checked.ok)
    return unanswered('lab', 'framework.bad-value', {
      detail: checked.faults
        .slice(0, 3)
        .map((f) => `${f.field ?? ''} ${f.code}`)
        .join('; '),
    })
  try {
    canonicalBytes(seen)
    return seen
  } catch (e) {
    return unanswered('lab', 'framework.bad-value', { detail: (e as Error).message })
  }
}

/** A state that cannot be observed any more: what is missing of it is said, with its cause. */
function giveUp(lab: LabRun, sample: Sample, state: State, why: Unanswered): void {
  const pending = lab.schedule.pending(sample.id, state, find(lab), isDone(lab))
  const seen = lab.signal.aborted ? unanswered('operator', 'framework.cancelled') : why
  for (const [i, step] of pending.entries())
    keep(lab, step, seen, 'none', lab.now(), 0, {
      n: lab.observations.size + 1,
      of: lab.observations.size + pending.length - i,
    })
}

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
