import type { Sessions } from '../observations/sessions.ts'
import { freshLogIns } from './session.ts'

type Reading = Sessions['values'][number]['readings'][number]

/** What is wrong with the values that log-ins gave under one name; `null` where nothing was found. */
export type ValueFault =
  | { is: 'repeated'; count: number }
  /** Only by log-ins that may have been in one second. */
  | { is: 'repeated-at-once'; count: number }
  | { is: 'counted'; step: number }
  | { is: 'timed' }
  | { is: 'short'; bits: number }

export interface GivenValue {
  at: string
  /** When it can have been made, microseconds. */
  from: number
  to: number
  length: number
  characters: readonly string[]
  digest: string
}

/** What each log-in that began with nothing gave under a name, in order. */
export const givenUnder = (value: Sessions, is: 'cookie' | 'token', name: string): GivenValue[] =>
  freshLogIns(value).flatMap(({ entry, at }) => {
    const gave = entry.gave.findIndex((g) => g.is === is && g.name === name)
    const [one, answered] = [entry.gave[gave], entry.rounds.at(-1)]
    return one && answered
      ? [
          {
            ...one,
            at: `${at}/entry/gave/${gave}`,
            from: entry.rounds[0]?.at ?? answered.at,
            to: answered.at + answered.elapsed,
          },
        ]
      : []
  })

const SECOND = 1_000_000
/** A step of so many at most looks counted, where values could be a thousand times as far apart. */
const LONGEST_COUNT = 65_536
const MARGIN_BITS = 10
const LEAST_STEPS = 3

/** The first fault in the order of their weight. `leastBits`: what values of their form must be able to hold. */
export function faultOf(
  given: readonly GivenValue[],
  compared: Sessions['values'][number] | undefined,
  leastBits: number,
): ValueFault | null {
  const repeated = repetitionIn(given)
  if (repeated) return repeated
  const readings = compared?.readings.filter((r) => r.steps.length === given.length - 1) ?? []
  for (const reading of readings) {
    if (isTimed(reading, given)) return { is: 'timed' }
    const step = countedBy(reading)
    if (step !== null) return { is: 'counted', step }
  }
  const bits = capacityOf(given, compared?.places ?? null)
  return bits < leastBits ? { is: 'short', bits } : null
}

function repetitionIn(given: readonly GivenValue[]): ValueFault | null {
  const pairs = given.flatMap((a, i) => given.slice(i + 1).flatMap((b) => (a.digest === b.digest ? [{ a, b }] : [])))
  if (pairs.length === 0) return null
  const count = given.length - new Set(given.map((g) => g.digest)).size + 1
  return { is: pairs.some(({ a, b }) => b.from - a.to >= SECOND) ? 'repeated' : 'repeated-at-once', count }
}

/** All steps in one direction and small; the greatest of them. Null where they are not. */
function countedBy({ bits, steps }: Reading): number | null {
  if (steps.length < LEAST_STEPS || bits <= MARGIN_BITS) return null
  const most = bits - MARGIN_BITS >= 16 ? LONGEST_COUNT : 1 << (bits - MARGIN_BITS)
  const all = steps.flatMap((s) => (s === null ? [] : [s]))
  if (all.length < steps.length || all.some((s) => s === 0 || s > 0 !== (all[0] ?? 0) > 0)) return null
  const greatest = Math.max(...all.map((s) => Math.abs(s)))
  return greatest <= most ? greatest : null
}

/** Each step, and all together, is the time that went by, in seconds, milliseconds or microseconds. */
function isTimed({ bits, steps }: Reading, given: readonly GivenValue[]): boolean {
  const all = steps.flatMap((s) => (s === null || s <= 0 ? [] : [s]))
  if (all.length < steps.length || steps.length < LEAST_STEPS) return false
  const spans = [
    ...all.map((step, i) => ({ step, a: given[i], b: given[i + 1] })),
    { step: all.reduce((sum, s) => sum + s, 0), a: given[0], b: given.at(-1) },
  ]
  return [SECOND, 1000, 1].some((unit) =>
    spans.every(({ step, a, b }) => {
      if (!a || !b) return false
      const [least, most] = [b.from - a.to - unit, b.to - a.from + unit]
      // A value drawn at random would hardly fall between them.
      const isNarrow = BigInt(Math.floor((most - least) / unit) + 1) << BigInt(MARGIN_BITS) <= 1n << BigInt(bits)
      return isNarrow && step * unit >= least && step * unit <= most
    }),
  )
}

const SIZES: Record<string, number> = { digit: 10, 'a-f': 6, 'g-z': 20, 'A-F': 6, 'G-Z': 20, dash: 2, other: 192 }

/**
 * Bits that values of this form can hold at most: characters of the kinds seen, in the places that differ and one more,
 * for a place may be the same by chance.
 */
function capacityOf(given: readonly GivenValue[], places: number | null): number {
  const longest = Math.max(0, ...given.map((g) => g.length))
  const free = Math.min(longest, places === null ? longest : places + 1, 4096)
  const size = [...new Set(given.flatMap((g) => g.characters))].reduce((sum, c) => sum + (SIZES[c] ?? 0), 0)
  return (BigInt(Math.max(1, size)) ** BigInt(free)).toString(2).length - 1
}
