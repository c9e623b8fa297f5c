import type { JudgeContext } from '../criterion.ts'
import type { Reading } from '../facts/lock.ts'
import type { Guessing } from '../observations/lockout.ts'
import { int, obj, opt, type Static } from '../schema.ts'
import type { BruteForce } from '../statement.ts'

/** Numbers mean *at least as strict*. */
export const lockoutParameters = obj({
  /** Wrong passwords after which the right one must fail; 10 where nothing is said. */
  failures: opt(int(1, 1000)),
  /** The wrong ones must have come within this time. */
  windowSeconds: opt(int(1, 86400)),
  /** Shortest lock; the declared one where nothing is said. */
  lockSeconds: opt(int(1, 86400)),
  /** A lock shorter by this much meets the limit as well: the accuracy of measurement. Where nothing is said 0, and 2000 beside a declared limit but never more than half of it. */
  resolutionMilliseconds: opt(int(0, 60_000)),
  /** Passwords a day that one guesser may get to try, computed from what was measured; where nothing is said, of delays 100000, and of locks not looked at. */
  guessesPerDay: opt(int(1, 100_000_000)),
})
export type Context = JudgeContext<Static<typeof lockoutParameters>>

/** What is judged, how its tries are read, and what is declared of it. */
export interface Case<T> {
  value: Guessing<T>
  /** What was asked for, as it is shown. */
  target: string
  reading: Reading<T>
  row: Partial<BruteForce> | undefined
  context: Context
  /** Where in the observation the value is. */
  within?: string
}
