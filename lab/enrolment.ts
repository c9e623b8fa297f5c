import type { Sample } from '../suites/statement.ts'
import type { RunBench } from './bench.ts'
import { changedAnchors, readAnchors, type Anchors } from './identity.ts'
import type { LabRun } from './lab-run.ts'
import { isAlive } from './liveness.ts'

/**
 * Reads the identity and names the marks that no longer fit what was first read of this sample in this run, be it before
 * an interruption (rule 2). A mark that cannot be read shows nothing.
 */
export async function identify(
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

export const isEnrolled = (lab: LabRun, sample: Sample): boolean =>
  Object.values(enrolledOf(lab, sample)).some((v) => v !== null)
