import type { BruteForce } from '../../suites/statement.ts'
import type { Credential } from '../probe.ts'

/** Where a lock is declared without its numbers. */
const FEWEST_FAILURES = 3
const USUAL_WINDOW_S = 60
const LONGEST_REST_S = 900

/** How long the tries rest, and which come next. */
export interface Strangers {
  restSeconds: number
  /** Takes the next tries out of the queue, at most `size`; none where the next one has to wait for a rest. */
  take(queue: Credential[], size: number): Credential[]
  rested(): void
}

/**
 * The control speaks for one account. Where the device locks by account, nothing shows that another one is locked and its
 * right password refused: of such a user no more is tried in a row than the lock allows, then the failures are left to be
 * forgotten (judging.md, default passwords).
 */
export function strangersBeside(known: string, rule: BruteForce | null | undefined): Strangers {
  const locks = rule?.protection === 'lock' && rule.scope !== 'address'
  const most = locks ? Math.max(1, (rule.failures ?? FEWEST_FAILURES) - 1) : Infinity
  const tried = new Map<string, number>()
  const isSpent = ({ user }: Credential): boolean => user !== known && (tried.get(user) ?? 0) >= most
  return {
    restSeconds: Math.min(rule?.windowSeconds ?? rule?.lockSeconds ?? USUAL_WINDOW_S, LONGEST_REST_S) + 1,
    take(queue, size) {
      const taken: Credential[] = []
      for (let next = queue[0]; next && taken.length < size && !isSpent(next); next = queue[0]) {
        taken.push(next)
        queue.shift()
        tried.set(next.user, (tried.get(next.user) ?? 0) + 1)
      }
      return taken
    },
    rested: () => tried.clear(),
  }
}
