import { evidence, gap, violation, type Cite, type Finding } from '../criterion.ts'
import type { Lasted } from '../facts/lock.ts'
import type { BruteForce } from '../statement.ts'

const DAY = 86_400_000_000

/** So many guesses each time this many microseconds are over, in a day. */
export const perDay = (guesses: number, micros: number): number =>
  micros > 0 ? Math.floor((guesses * DAY) / micros) : Number.MAX_SAFE_INTEGER

export interface MeasuredLock {
  lasted: Lasted
  /** Guesses that one lock costs: at least and at most. */
  guesses: { least: number; most: number }
  /** How long each of the wrong passwords took, one after the other, in microseconds. */
  each: number
  /** Microseconds by which the measured duration may be wrong. */
  accuracy: number
}

/**
 * How many passwords a day a lock leaves to a guesser who goes on for ever (EN 303 645 provision 5.1-5: impracticable),
 * as an interval from the measured one. Whoever knows the declared window stays below the count and meets no lock at all.
 */
export function guessFindings(
  { lasted: { least, most }, guesses, each, accuracy }: MeasuredLock,
  row: Partial<BruteForce> | undefined,
  limit: number,
  cites: Cite[],
): Finding[] {
  const fewest = most === null ? 0 : perDay(guesses.least, most)
  const many = perDay(guesses.most, least + accuracy)
  const below = belowLock(row, each)
  const findings: Finding[] = []
  if (fewest > limit) findings.push(violation('too-many-guesses', { guesses: fewest, limit }, cites))
  else if (many > limit) findings.push(gap('guesses-undecided', { fewest, limit }, cites))
  if (below !== null && below.guesses > limit)
    findings.push(violation('too-many-guesses-below', { ...below, limit }, cites))
  return findings.length > 0
    ? findings
    : [evidence('guesses-limited', { guesses: Math.max(many, below?.guesses ?? 0), limit }, cites)]
}

/** One guess fewer than locks, in each declared window, as fast as one connection takes them. */
function belowLock(
  row: Partial<BruteForce> | undefined,
  each: number,
): { guesses: number; failures: number; window: number } | null {
  if (row?.protection !== 'lock' || row.failures === undefined || row.windowSeconds === undefined) return null
  const failures = row.failures - 1
  const window = row.windowSeconds
  return { guesses: perDay(failures, Math.max(window * 1_000_000, failures * each)), failures, window }
}
