import type { Exchange } from '../observations/exchange.ts'
import type { Lockout } from '../observations/lockout.ts'

/** How long something lasted, as far as it was seen: at least `least`, at most `most` microseconds (null: the end was not seen). */
export interface Lasted {
  least: number
  most: number | null
}

interface Moment {
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

export const isAnswered = (exchange: Exchange | null): boolean => exchange !== null && exchange.failure === null
export type IsGranted = (exchange: Exchange | null) => boolean
/** The last try with the right password before the next wrong ones. */
export const lastRight = (stage: Lockout['stages'][number]): Exchange => stage.late.at(-1) ?? stage.right

/** Whether the device answered anybody while it refused the right password: else its silence may be a lost network. */
export const isHeard = ({ stages, during, polls }: Lockout, isGranted: IsGranted): boolean =>
  [...stages.map(lastRight), during?.forged ?? null, ...polls].some((e) => isAnswered(e) && !isGranted(e)) ||
  [during?.owner, during?.ownerElsewhere, during?.other].some((e) => isAnswered(e ?? null))
