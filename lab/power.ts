import type { Sample } from '../suites/statement.ts'
import type { RunBench } from './bench.ts'
import { sleep } from './bench.ts'
import type { LabRun } from './lab-run.ts'
import { isAlive } from './liveness.ts'

/** Power cycles of one sample in one run. */
const MOST_CYCLES = 3
/** For the unit to go out, and least for it to come back. */
const OFF_S = 15
const ON_S = 60

/**
 * Power off and on for a unit that does not come back: CAMSEAL_POWER says which. That it was off is shown by every
 * declared TCP door being closed in between; a unit that still answers then is a fault of the lab's switch. True when
 * the unit answers again.
 */
export async function cyclePower(lab: LabRun, bench: RunBench, sample: Sample): Promise<boolean> {
  if (!lab.hooks.has('power') || cyclesOf(lab, sample) >= MOST_CYCLES || lab.signal.aborted) return false
  const note = (code: string, values = {}) =>
    lab.run.append({ type: 'note', about: { code, values: { sample: sample.id, ...values } } })
  if (!(await lab.hooks.run('power', sample, { CAMSEAL_POWER: 'off' }))) return false
  const isOff = await until(bench, false, OFF_S)
  note(isOff ? 'run.power-off' : 'run.power-still-on')
  if (!isOff) lab.hooks.blame('hook-power-still-on', { sample: sample.id, seconds: OFF_S })
  const isOn = await lab.hooks.run('power', sample, { CAMSEAL_POWER: 'on' })
  if (!isOff || !isOn) return false
  const seconds = Math.max(ON_S, ...lab.statement.updates.map((u) => u.bootSeconds))
  const isBack = await until(bench, true, seconds)
  note(isBack ? 'run.power-back' : 'run.power-not-back')
  return isBack
}

const cyclesOf = (lab: LabRun, sample: Sample): number =>
  lab.run
    .lines()
    .filter((l) => l.type === 'note')
    .map((l) => (l as { about: { code: string; values: Record<string, unknown> } }).about)
    .filter((a) => /^run\.power-(off|still-on)$/.test(a.code) && a.values.sample === sample.id).length

/** Waits until any declared door is open, or all are closed. */
async function until(bench: RunBench, open: boolean, seconds: number): Promise<boolean> {
  const end = bench.now() + seconds * 1e6
  while ((await isAlive(bench)) !== open) {
    if (bench.now() >= end || bench.signal.aborted) return false
    await sleep(500, bench.signal)
  }
  return true
}
