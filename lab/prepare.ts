import type { Sample } from '../suites/statement.ts'
import { statesReached, type LabRun } from './lab-run.ts'
import { waitUntilAlive } from './liveness.ts'

/**
 * What the bench does by hand before the first look: the older firmware flashed, the unit set back to factory defaults
 * where it is said to come fresh. A sample that a resumed run has begun with stays as it is. False where a hook failed.
 */
export async function prepareSamples(lab: LabRun): Promise<boolean> {
  for (const sample of lab.statement.samples) {
    if (statesReached(lab.run, sample.id).length > 0) continue
    if (!(await byHand(lab, 'flash', sample))) return false
    if (sample.arrives === 'factory-fresh' && !(await byHand(lab, 'reset', sample))) return false
  }
  return true
}

/** A lasting change, in the journal before it is made; the unit has its declared time to come back. */
async function byHand(lab: LabRun, name: 'flash' | 'reset', sample: Sample): Promise<boolean> {
  if (!lab.hooks.has(name) || lab.signal.aborted) return true
  let done = false
  await lab.changes.make(`${name} ${sample.id}`, { code: `run.hook-${name}`, values: {} }, null, async () => {
    done = await lab.hooks.run(name, sample)
  })
  const bench = lab.benches.get(sample.id)
  if (done && bench) await waitUntilAlive(bench)
  return done
}
