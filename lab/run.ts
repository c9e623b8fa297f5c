import type { State, Unanswered } from '../suites/observation.ts'
import { statesOf } from '../suites/plan.ts'
import type { Sample } from '../suites/statement.ts'
import { sourceTowards } from './addresses.ts'
import type { RunBench } from './bench.ts'
import { identify, isEnrolled } from './enrolment.ts'
import { letFailuresBeForgotten } from './forgetting.ts'
import { bringIntoService } from './in-service.ts'
import { find, isDone, statesReached, unanswered, type LabRun } from './lab-run.ts'
import { isAlive, placeOfSubject, waitUntilAlive } from './liveness.ts'
import { cyclePower } from './power.ts'
import { prepareSamples } from './prepare.ts'
import type { Step } from './schedule.ts'
import { giveUp, keep, observeStep, type Place } from './step.ts'
import { beginWatches } from './watches.ts'

/** A unit that bears so many connections bears two conversations at once. */
const ROBUST_CONNECTIONS = 8

/** Makes every observation the demand asks for, sample by sample and state by state. True when nothing was cut short. */
export async function observe(lab: LabRun): Promise<boolean> {
  if (!(await prepareSamples(lab))) return false
  for (const sample of lab.statement.samples) {
    const bench = lab.benches.get(sample.id)
    if (!bench) continue
    for (const state of statesOf(sample, lab.statement)) {
      if (lab.schedule.pending(sample.id, state, find(lab), isDone(lab)).length === 0) continue
      const isOther = isEnrolled(lab, sample) && (await identify(lab, bench, sample, `before ${state}`)).length > 0
      if (isOther) giveUp(lab, sample, state, unanswered('device', 'framework.identity-changed'))
      else if (await enter(lab, bench, sample, state)) {
        const endWatches = await beginWatches(lab, bench, sample, state)
        await observeState(lab, bench, sample, state).finally(endWatches)
      } else giveUp(lab, sample, state, unanswered('lab', 'framework.interrupted'))
    }
  }
  return !lab.signal.aborted
}

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

async function observeState(lab: LabRun, bench: RunBench, sample: Sample, state: State): Promise<void> {
  let changed = await identify(lab, bench, sample, state)
  for (;;) {
    const pending = lab.schedule.pending(sample.id, state, find(lab), isDone(lab))
    if (pending.length === 0) return
    const done = lab.observations.size
    const tried: { step: Step; place: Place }[] = []
    for (const [i, step] of sideBySide(bench, pending).entries()) {
      const place = { n: done + i + 1, of: done + pending.length }
      lab.onProgress({ event: 'step', ...place, kind: step.kind.id, subject: step.subject, state })
      // A ban may come after the step that earned it: the door is looked at when failures are forgotten, not before.
      if (step.probe && changed.length === 0) await letFailuresBeForgotten(bench, step.probe)
      const refused =
        changed.length > 0 ? unanswered('device', 'framework.identity-changed') : await refusal(lab, bench, step)
      if (refused) keep(lab, step, refused, 'none', lab.now(), 0, place)
      else tried.push({ step, place })
    }
    const changes = await Promise.all(tried.map(({ step, place }) => observeStep(lab, bench, sample, step, place)))
    if (tried.length > 0) changed = changes.flat()
  }
}

/** The first step, and a second of its kind where both wait more than they ask and the unit bears it (rule 16). */
function sideBySide({ budgets }: RunBench, [first, second]: Step[]): Step[] {
  const steps = [first, second].filter((s) => s !== undefined)
  const isBorne = first?.probe?.sideBySide === true && budgets.connections >= ROBUST_CONNECTIONS
  return isBorne && first.kind === second?.kind ? steps : steps.slice(0, 1)
}

/** Why a step is not even tried: no probe, not permitted, cancelled, device not there. */
async function refusal(lab: LabRun, bench: RunBench, { probe, kind, subject }: Step): Promise<Unanswered | null> {
  if (!probe) return unanswered('lab', 'framework.no-probe', { kind: kind.id })
  if (probe.tier === 'D' && lab.statement.permit !== 'destructive')
    return unanswered('operator', 'framework.not-permitted')
  if (lab.signal.aborted) return unanswered('operator', 'framework.cancelled')
  // Only knocked at: a ban may count every request that nobody is logged in for.
  const { alive, address, ports } = await waitUntilAlive(bench, placeOfSubject(subject, bench), isAlive)
  if (lab.signal.aborted) return unanswered('operator', 'framework.cancelled')
  if (alive) return null
  const isLost = (await sourceTowards(address)) === null
  if (!isLost && (await cyclePower(bench))) return null
  return isLost
    ? unanswered('lab', 'framework.no-route', { address })
    : unanswered('device', 'framework.device-absent', { address, ports })
}
