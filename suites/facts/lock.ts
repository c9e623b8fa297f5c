/** How long something lasted, as far as it was seen: at least `least`, at most `most` microseconds (null: the end was not seen). */
export interface Lasted { least: number; most: number | null }

interface Moment { at: number; elapsed: number }

/**
 * The duration of a lock from what was sent when. It began between the start of the first and the end of the last wrong
 * try; it still held when the last refused right try was sent, and had ended when the first accepted one was answered.
 */
export function lockLasted(wrong: readonly Moment[], refused: readonly Moment[], accepted: Moment | null): Lasted {
  const first = wrong[0]
  const last = wrong.at(-1)
  const still = refused.at(-1)
  if (!first || !last || !still) return { least: 0, most: null }
  return { least: Math.max(0, still.at - (last.at + last.elapsed)), most: accepted && accepted.at + accepted.elapsed - first.at }
}
