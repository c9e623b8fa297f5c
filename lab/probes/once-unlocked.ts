import { answerOf, isByForm } from '../../suites/facts/answer.ts'
import { alike, looksGranted } from '../../suites/facts/likeness.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { Bench } from '../probe.ts'

const LONGEST_S = 900

/**
 * A request with the right password: once more after the declared lock where it is not granted, since steps before may have
 * locked the account, also at another service with the same accounts. A form that is shown again is told by what is shown to
 * anybody; that itself stays for the criterion to judge.
 */
export async function onceUnlocked(
  bench: Bench,
  account: string,
  ask: () => Promise<Exchange>,
  anonymous: () => Promise<Exchange>,
): Promise<Exchange> {
  const first = await ask()
  if (first.failure?.code === 'lab' || (await isGranted(first, anonymous))) return first
  return (await lockWaited(bench, account)) ? await ask() : first
}

/** Waits out the longest lock that is declared; false where there is none, or the run was cancelled. */
export async function lockWaited(bench: Bench, account: string): Promise<boolean> {
  const locks = bench.statement.bruteForce.filter((r) => r.protection === 'lock').map((r) => r.lockSeconds ?? 0)
  const seconds = Math.min(LONGEST_S, Math.max(0, ...locks))
  const why = { code: 'framework.waiting-lock', values: { account, seconds: seconds + 2 } }
  return seconds > 0 && (await bench.wait((seconds + 2) * 1000, why))
}

async function isGranted(first: Exchange, anonymous: () => Promise<Exchange>): Promise<boolean> {
  const answer = answerOf(first)
  if (!looksGranted(answer)) return false
  return !isByForm(first) || alike(answer, answer, answerOf(await anonymous())) === 'granted'
}
