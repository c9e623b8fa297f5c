import { setMaxListeners } from 'node:events'
import { checkValue } from '../profiles/yaml-file.ts'
import { canonicalBytes } from '../reports/run-directory.ts'
import { keyOf, type Seen } from '../suites/observation.ts'
import { sleep, type RunBench } from './bench.ts'
import { unanswered, type LabRun } from './lab-run.ts'
import type { Step } from './schedule.ts'

/** The disk of the run directory, not the device and not the probe, is at fault: the run ends and can be resumed. */
const isDiskFault = (e: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'].includes((e as NodeJS.ErrnoException | null)?.code ?? '')

/**
 * A probe that never ends is ended: four times its own estimate and two minutes are enough for anything. It then gets a
 * moment to return what it has, which cannot speak in the device's favour; afterwards it can send and change nothing.
 */
export async function bounded(lab: LabRun, bench: RunBench, step: Step): Promise<Seen<unknown>> {
  const { probe, subject } = step
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
  const watch = lab.watches.get(keyOf({ ...step, kind: step.kind.id }))
  const own = bench.within(within)
  const done = (watch ? watch.end(own) : probe.run(own, subject)).catch((e: unknown): Seen<unknown> => {
    if (isDiskFault(e)) throw e
    return unanswered('lab', 'framework.probe-broken', {
      detail: e instanceof Error ? `${e.name}: ${e.message}` : 'unknown',
    })
  })
  done.catch(() => undefined)
  const result = await Promise.race([done, late]).finally(() => {
    finished.abort()
    over.abort()
  })
  const { artifacts, lack } = own.noted()
  const seen = { ...result, artifacts: [...result.artifacts, ...artifacts] }
  if (lab.signal.aborted)
    return { ...unanswered('operator', 'framework.cancelled'), ...partOf(seen), artifacts: seen.artifacts }
  if (lack) return { ...unanswered('lab', lack.code, lack.values), ...partOf(seen), artifacts: seen.artifacts }
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
export function sound({ kind }: Step, seen: Seen<unknown>): Seen<unknown> {
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
