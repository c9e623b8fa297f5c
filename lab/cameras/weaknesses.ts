import type { Weakness } from './weakness.ts'
import { weaknesses } from './weaknesses.generated.ts'

/** @throws TypeError naming every id that is not a weakness */
export function weaknessesOf(ids: readonly string[]): Weakness[] {
  const unknown = ids.filter((id) => !weaknesses.some((one) => one.id === id))
  if (unknown.length > 0) throw new TypeError(`no such weakness: ${unknown.join(', ')}`)
  return ids.flatMap((id) => weaknesses.find((one) => one.id === id) ?? [])
}
