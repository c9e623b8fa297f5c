import type { Range } from '../suites/facts/port-ranges.ts'

/** Ports of a word of `--ports`: a port, a range, or `declared`, which adds none; null where it is none of these. */
export function rangesIn(word: string): Range[] | null {
  if (word === 'declared') return []
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(word) ?? []
  const [from, to] = [Number(first), Number(last)]
  return first !== '' && from >= 1 && from <= to && to <= 65535 ? [[from, to]] : null
}

/** What a rehearsal sweeps beside the declared ports; null: everything. */
export const selectedPorts = (words: readonly string[] = []): Range[] | null =>
  words.length === 0 ? null : words.flatMap((word) => rangesIn(word) ?? [])
