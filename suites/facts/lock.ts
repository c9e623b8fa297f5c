import type { Exchange } from '../observations/exchange.ts'
import type { Guessing, Stage } from '../observations/lockout.ts'
import { answerOf, passwordRound } from './answer.ts'
import { alike, looksGranted } from './likeness.ts'
import { onvifLikeness } from './onvif.ts'

/** How long something lasted, as far as it was seen: at least `least`, at most `most` microseconds (null: the end was not seen). */
export interface Lasted {
  least: number
  most: number | null
}

/** When something was sent, and how long it took in all. */
export interface Moment {
  at: number
  elapsed: number
}

/**
 * The duration of a lock from what was sent when: it began between the start of `after` and the end of `by`, still held
 * when the last refused right try was sent, and had ended when the first accepted one was answered.
 */
export function lockLasted(after: Moment, by: Moment, refused: readonly Moment[], accepted: Moment | null): Lasted {
  const still = refused.at(-1)
  return {
    least: still ? Math.max(0, still.at - (by.at + by.elapsed)) : 0,
    most: accepted && accepted.at + accepted.elapsed - after.at,
  }
}

/** How the tries at a log-in are read, whatever its protocol. */
export interface Reading<T> {
  /** Whether a try can stand for a log-in that worked. */
  isGood(tried: T | null): boolean
  /** Beside a try that was good and one with a wrong password. */
  isGranted(tried: T | null, good: T | null, bad: T | null): boolean
  /** By an answer like that to a wrong password, or by one that says no. */
  isRefused(tried: T | null, good: T | null, bad: T | null): boolean
  isAnswered(tried: T | null): boolean
  /** How long the answer to the password took. */
  tookOf(tried: T): number
}

const overHttp = {
  isAnswered: (tried: Exchange | null): boolean => tried !== null && tried.failure === null,
  tookOf: (tried: Exchange): number => passwordRound(tried)?.elapsed ?? 0,
}

/** Log-ins over HTTP and RTSP. */
export const webReading: Reading<Exchange> = {
  ...overHttp,
  isGood: (tried) => looksGranted(answerOf(tried)),
  isGranted: (tried, good, bad) => alike(answerOf(tried), answerOf(good), answerOf(bad)) === 'granted',
  isRefused: (tried, good, bad) => alike(answerOf(tried), answerOf(good), answerOf(bad)) === 'refused',
}

/** Log-ins to an ONVIF operation. */
export const onvifReading: Reading<Exchange> = {
  ...overHttp,
  isGood: (tried) => onvifLikeness(answerOf(tried), answerOf(tried), null) === 'granted',
  isGranted: (tried, good, bad) => onvifLikeness(answerOf(tried), answerOf(good), answerOf(bad)) === 'granted',
  isRefused: (tried, good, bad) => onvifLikeness(answerOf(tried), answerOf(good), answerOf(bad)) === 'refused',
}

export type IsGranted<T> = (tried: T | null) => boolean
/** The last try with the right password before the next wrong ones. */
export const lastRight = <T>(stage: Stage<T>): T => stage.late.at(-1) ?? stage.right

/** Whether the device answered anybody while it refused the right password: else its silence may be a lost network. */
export const isHeard = <T>(
  { stages, during, polls }: Pick<Guessing<T>, 'stages' | 'during' | 'polls'>,
  { isAnswered }: Reading<T>,
  isGranted: IsGranted<T>,
): boolean =>
  [...stages.map(lastRight), during?.forged ?? null, ...polls].some((e) => isAnswered(e) && !isGranted(e)) ||
  [during?.owner, during?.ownerElsewhere, during?.elsewhere, during?.otherFamily].some((e) => isAnswered(e ?? null)) ||
  overHttp.isAnswered(during?.other ?? null)
