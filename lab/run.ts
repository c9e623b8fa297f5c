import { setMaxListeners } from 'node:events'
import { canonicalBytes, type RunDirectory } from '../reports/run-directory.ts'
import { checkValue } from '../profiles/yaml-file.ts'
import { keyOf, type Observation, type ObservationKind, type Seen, type State, type Unanswered } from '../suites/observation.ts'
import { statesOf, type Registry } from '../suites/plan.ts'
import type { Sample, Statement } from '../suites/statement.ts'
import { bringIntoService } from './in-service.ts'
import { sleep, type RunBench } from './bench.ts'
import { changedAnchors, readAnchors, type Anchors } from './identity.ts'
import type { Changes } from './changes.ts'
import { isAlive, waitUntilAlive } from './liveness.ts'
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
      if (!(await enter(lab, bench, sample, state))) {
        giveUp(lab, sample, state)
        continue
      }
      await observeState(lab, bench, sample, state)
    }
  }
  return !lab.signal.aborted
}

const find = (lab: LabRun) => <T>(kind: ObservationKind<T>, state: State) =>
  [...lab.observations.values()]
    .filter((o) => o.kind === kind.id && o.state === state && o.seen.answered)
    .map((o) => ({ subject: o.subject, value: (o.seen as { value: T }).value }))
    .sort((a, b) => (a.subject < b.subject ? -1 : 1))

const isDone = (lab: LabRun) => (s: Step) => lab.observations.has(keyOf({ kind: s.kind.id, subject: s.subject, state: s.state }))

/** Brings the sample into a state; false when that state is past or cannot be reached. */
async function enter(lab: LabRun, bench: RunBench, sample: Sample, state: State): Promise<boolean> {
  const reached = lab.run.lines().flatMap((l) => (l.type === 'state' && (l as { sample: string }).sample === sample.id ? [(l as { state: State }).state] : []))
  bench.state = state
  if (state === 'factory-fresh' && reached.some((s) => s !== 'factory-fresh')) return false
  if (state === 'in-service') return bringIntoService(lab, bench, sample, reached.includes('in-service'))
  if (!reached.includes(state)) lab.run.append({ type: 'state', sample: sample.id, state, about: { code: 'run.entered', values: {} } })
  lab.onProgress({ event: 'state', sample: sample.id, state })
  return true
}

async function observeState(lab: LabRun, bench: RunBench, sample: Sample, state: State): Promise<void> {
  let enrolled: Anchors | null = null
  let changed: string[] = []
  for (let first = true; ; first = false) {
    const pending = lab.schedule.pending(sample.id, state, find(lab), isDone(lab))
    const step = pending[0]
    if (!step) return
    const done = [...lab.observations.values()].length
    const place = { n: done + 1, of: done + pending.length }
    lab.onProgress({ event: 'step', ...place, kind: step.kind.id, subject: step.subject, state })
    if (first && !lab.signal.aborted && (await isAlive(bench))) {
      enrolled = await readAnchors(bench)
      lab.run.append({ type: 'identity', sample: sample.id, moment: state, anchors: enrolled })
    }
    const refused = changed.length > 0 ? unanswered('device', 'framework.identity-changed') : await refusal(lab, bench, step)
    const seen = await observeStep(lab, bench, step, refused, place)
    if (refused === null && step.probe?.grade === 'disruptive' && seen.answered && enrolled) {
      const now = await readAnchors(bench)
      lab.run.append({ type: 'identity', sample: sample.id, moment: `after ${step.kind.id}`, anchors: now })
      changed = changedAnchors(enrolled, now)
    }
  }
}

/** Why a step is not even tried: no probe, not permitted, cancelled, device not there. */
async function refusal(lab: LabRun, bench: RunBench, { probe, kind }: Step): Promise<Unanswered | null> {
  if (!probe) return unanswered('lab', 'framework.no-probe', { kind: kind.id })
  if (probe.tier === 'D' && lab.statement.permit !== 'destructive') return unanswered('operator', 'framework.not-permitted')
  if (lab.signal.aborted) return unanswered('operator', 'framework.cancelled')
  const { alive, address, ports } = await waitUntilAlive(bench)
  if (lab.signal.aborted) return unanswered('operator', 'framework.cancelled')
  return alive ? null : unanswered('device', 'framework.device-absent', { address, ports })
}

/** One observation: made in bounded time, checked against its schema, stored, and journalled before anything else happens. */
async function observeStep(lab: LabRun, bench: RunBench, step: Step, refused: Unanswered | null, place: { n: number; of: number }): Promise<Seen<unknown>> {
  const { kind, probe, subject, state } = step
  const probeName = probe ? `${probe.id}@${probe.version}` : 'none'
  const startedAt = lab.now()
  const waitedBefore = bench.waited()
  if (!refused) lab.run.append({ type: 'started', kind: kind.id, subject, state, probe: probeName })
  const seen = refused ?? sound(step, await bounded(lab, bench, step))
  const endedAt = lab.now()
  const object = lab.run.store(canonicalBytes(seen), { name: `${kind.id} ${subject} ${state}`, mediaType: 'application/json', disclosure: 'regulator' })
  lab.run.append({
    type: 'observed', kind: kind.id, kindVersion: kind.version, subject, state, probe: probeName,
    startedAt, endedAt, waited: bench.waited() - waitedBefore, answered: seen.answered, object, artifacts: seen.artifacts,
  })
  lab.observations.set(keyOf({ kind: kind.id, subject, state }), { kind: kind.id, kindVersion: kind.version, subject, state, probe: probeName, startedAt, endedAt, seen })
  lab.onProgress({
    event: 'observed', ...place, kind: kind.id, subject, state, answered: seen.answered,
    why: seen.answered ? null : seen.why, seconds: Math.round((endedAt - startedAt) / 1e6),
  })
  return seen
}

/** A probe that never ends is ended: four times its own estimate and two minutes are enough for anything. */
async function bounded(lab: LabRun, bench: RunBench, { probe, subject }: Step): Promise<Seen<unknown>> {
  if (!probe) return unanswered('lab', 'framework.no-probe', { kind: '' })
  const seconds = Math.ceil(probe.seconds(lab.statement) * 4 + 120)
  const over = new AbortController()
  const finished = new AbortController()
  bench.signal = AbortSignal.any([lab.signal, over.signal])
  setMaxListeners(0, bench.signal)
  const late = sleep(seconds * 1000, AbortSignal.any([lab.signal, finished.signal])).then(async (full) => {
    over.abort()
    // A cancelled or late probe gets a moment to end by itself.
    await sleep(10_000, finished.signal)
    return full ? unanswered('device', 'framework.timed-out', { seconds }) : unanswered('operator', 'framework.cancelled')
  })
  const done = probe.run(bench, subject).catch((e: unknown) =>
    unanswered('lab', 'framework.probe-broken', { detail: e instanceof Error ? `${e.name}: ${e.message}` : 'unknown' }),
  )
  const seen = await Promise.race([done, late])
  finished.abort()
  bench.signal = lab.signal
  return lab.signal.aborted ? unanswered('operator', 'framework.cancelled') : seen
}

/** What a probe returned must fit its schema and have a canonical form; else nothing was observed. */
function sound({ kind }: Step, seen: Seen<unknown>): Seen<unknown> {
  if (!seen.answered) return seen
  const checked = checkValue(kind.schema, seen.value)
  if (!checked.ok) return unanswered('lab', 'framework.bad-value', { detail: checked.faults.slice(0, 3).map((f) => `${f.field ?? ''} ${f.code}`).join('; ') })
  try {
    canonicalBytes(seen)
    return seen
  } catch (e) {
    return unanswered('lab', 'framework.bad-value', { detail: (e as Error).message })
  }
}

/** A state that cannot be observed any more: what is missing of it is said, with its cause. */
function giveUp(lab: LabRun, sample: Sample, state: State): void {
  for (const { kind, subject } of lab.schedule.pending(sample.id, state, find(lab), isDone(lab))) {
    const seen = lab.signal.aborted ? unanswered('operator', 'framework.cancelled') : unanswered('lab', 'framework.interrupted')
    const at = lab.now()
    const object = lab.run.store(canonicalBytes(seen), { name: `${kind.id} ${subject} ${state}`, mediaType: 'application/json', disclosure: 'regulator' })
    lab.run.append({ type: 'observed', kind: kind.id, kindVersion: kind.version, subject, state, probe: 'none', startedAt: at, endedAt: at, waited: 0, answered: false, object, artifacts: [] })
    lab.observations.set(keyOf({ kind: kind.id, subject, state }), { kind: kind.id, kindVersion: kind.version, subject, state, probe: 'none', startedAt: at, endedAt: at, seen })
  }
}

export const unanswered = (cause: Unanswered['cause'], code: string, values: Unanswered['why']['values'] = {}): Unanswered => ({
  answered: false,
  cause,
  why: { code, values },
  artifacts: [],
})
