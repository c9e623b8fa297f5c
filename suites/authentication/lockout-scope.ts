import { evidence, suspicion, violation, type Finding } from '../criterion.ts'
import type { IsGranted, Moment } from '../facts/lock.ts'
import type { Guessing } from '../observations/lockout.ts'
import type { Case } from './lockout-case.ts'

/** By which other ways of the lab the account attacked got in during its lock. */
export const opensElsewhere = <T>({ during }: Guessing<T>, isGranted: IsGranted<T>): ('elsewhere' | 'otherFamily')[] =>
  (['elsewhere', 'otherFamily'] as const).filter((way) => isGranted(during?.[way] ?? null))

/** Whether the lock goes with the account or with the guesser's address: one who has many addresses guesses on. */
export function scopeFindings<T extends Moment>(
  { value, reading, row, context }: Case<T>,
  isGranted: IsGranted<T>,
): Finding[] {
  const { cite } = context
  const open = opensElsewhere(value, isGranted)
  const cites = [cite('/stages'), cite('/during'), cite('/polls')]
  // It must have held here on both sides of the try from there.
  const held = value.polls.some((p) => !isGranted(p))
  if (open.length > 0 && row?.scope === 'account')
    return [(held ? violation : suspicion)('lock-not-of-account', {}, cites)]
  if (open.length > 0) return held ? [evidence('lock-by-address', {}, cites)] : []
  const isAsked = [value.during?.elsewhere, value.during?.otherFamily].some((t) => reading.isAnswered(t ?? null))
  return isAsked ? [evidence('lock-by-account', {}, cites)] : []
}
