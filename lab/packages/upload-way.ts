import { answerOf, isCut } from '../../suites/facts/answer.ts'
import { latin1 } from '../../suites/facts/bytes.ts'
import { stepsOf } from '../../suites/facts/update-steps.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { UpdateAttempt } from '../../suites/observations/update-refusal.ts'
import type { Upload, UploadStep } from '../../suites/statement.ts'
import type { Bench } from '../probe.ts'
import type { Uploader, Way } from './offering.ts'
import { bodyOf } from './rope.ts'

type Ended = NonNullable<UpdateAttempt['steps']>['ended']

/** A token, or the name of a file, is no longer; a pattern runs over no more than this. */
const MOST_TAKEN = 1_024
const MOST_READ = 65_536

/** The declared path of a device to which packages are uploaded: one request, or several of which each follows the one before. */
export const uploadWay =
  (bench: Bench, upload: Upload): Way =>
  async ({ rope, cutAt }, as) => {
    const steps = stepsOf(upload)
    const made: Exchange[] = []
    const values: Record<string, string> = {}
    let ended: Ended = 'all'
    for (const [i, step] of steps.entries()) {
      const [last, declared] = [made.at(-1), steps[i - 1]]
      if (last && declared) {
        const stop = stopAfter(
          last,
          { declared, next: step, as, isCut: declared === upload && cutAt !== undefined },
          values,
        )
        if (stop !== null) {
          ended = stop
          break
        }
      }
      const { account: _, ...anonymous } = step
      const body = step === upload ? bodyOf(rope, cutAt) : undefined
      const credential = as === 'nobody' || step.account === undefined ? undefined : as
      made.push(await bench.perform(as === 'nobody' ? anonymous : step, values, body, credential))
    }
    const at = upload.before?.length ?? 0
    const exchange = made[at]
    const told = {
      ...(exchange ? { upload: exchange } : {}),
      ...(steps.length > 1 ? { steps: { before: made.slice(0, at), after: made.slice(at + 1), ended } } : {}),
    }
    return { takenAt: () => 0, told: () => told }
  }

interface Between {
  declared: UploadStep
  next: UploadStep
  as: Uploader | undefined
  /** The lab cut the connection of this upload. */
  isCut: boolean
}

/**
 * Why the next step is not made; null where it is, with what it takes in `values`. An attacker does not stop where he is told
 * to log in: only a missing answer or value stops who is nobody. What the lab cut may be installed all the same.
 */
function stopAfter(last: Exchange, between: Between, values: Record<string, string>): Ended | null {
  const { declared, next, as } = between
  const wasCut = between.isCut && last.failure?.code === 'lab'
  if (!wasCut && (last.failure !== null || isCut(last))) return 'no-answer'
  if (!wasCut && as !== 'nobody' && !isDone(declared, last)) return 'not-done'
  if (next.takes === undefined) return null
  const value = valueIn(last, next.takes)
  if (value === null) return 'no-value'
  values.step = value
  return null
}

/** Devices lead on to the next page by a redirection. */
function isDone({ done }: UploadStep, exchange: Exchange): boolean {
  const answer = answerOf(exchange)
  return (
    answer !== null &&
    answer.status >= 200 &&
    answer.status < 400 &&
    (done === undefined || latin1(answer.body).includes(done))
  )
}

/** The first group of the pattern in headers and body; null without match, or where it is too long for what it must be. */
function valueIn(exchange: Exchange, pattern: string): string | null {
  const answer = answerOf(exchange)
  if (!answer) return null
  const text = [...answer.headers.map(([name, value]) => `${name}: ${value}`), '', latin1(answer.body)].join('\n')
  try {
    const found = new RegExp(pattern).exec(text.slice(0, MOST_READ))?.[1]
    return found && found.length <= MOST_TAKEN ? Buffer.from(found, 'latin1').toString('utf8') : null
  } catch {
    return null
  }
}
