/** An inclusive range of ports. */
export type Range = [from: number, to: number]

export const ALL_PORTS = 65535

/** Ascending numbers as inclusive ranges. */
export function rangesOf(ascending: Iterable<number>): Range[] {
  const ranges: Range[] = []
  let last: Range | undefined
  for (const n of ascending) {
    if (last && n === last[1] + 1) last[1] = n
    else ranges.push((last = [n, n]))
  }
  return ranges
}

/** How many ports the ranges hold; they do not overlap. */
export const portsIn = (ranges: readonly (readonly number[])[]): number =>
  ranges.reduce((sum, [from = 1, to = 0]) => sum + Math.max(0, to - from + 1), 0)

export const holds = (ranges: readonly (readonly number[])[], port: number): boolean =>
  ranges.some(([from = 1, to = 0]) => from <= port && port <= to)

/** Ranges for a reader: at most `most` of them, then an ellipsis. */
export const rangesText = (ranges: readonly (readonly number[])[], most = 8): string =>
  ranges
    .slice(0, most)
    .map(([from, to]) => (from === to ? String(from) : `${from}-${to}`))
    .join(', ') + (ranges.length > most ? ', …' : '')
