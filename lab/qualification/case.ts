import { digestOfBytes } from '../../suites/canonical.ts'
import type { Registry } from '../../suites/plan.ts'
import type { Weakness } from '../cameras/weakness.ts'

/** One camera to be tested: with one weakness and the criteria that weakness is about, or sound with all of an area. */
export interface Case {
  /** Id of the weakness, or `sound-` and the area. */
  id: string
  weakness: Weakness | null
  criteria: string[]
  /** Out of its box: needed where a criterion looks at that state alone, and for the sound camera, which shows both. */
  factoryFresh: boolean
  /** Weaknesses that another client sees on IPv4 are tested on IPv4 alone: a sweep less. */
  ipv6: boolean
}

/** Every case, the longest (the sound cameras) first; `only` names areas, criteria or weaknesses. */
export function casesOf(weaknesses: readonly Weakness[], { criteria }: Registry, only: readonly string[]): Case[] {
  const isChosen = (criterion: string): boolean =>
    only.length === 0 ||
    only.some((o) => criterion === o || criterion.startsWith(`${o}/`) || criterion.endsWith(`/${o}`))
  const concerned = (w: Weakness) => [...w.criteria, ...(w.undecided ?? [])]
  const chosen = weaknesses.flatMap((weakness): Case[] => {
    const all = concerned(weakness)
    const wanted = only.includes(weakness.id) ? all : all.filter(isChosen)
    if (wanted.length === 0) return []
    const isFreshOnly = wanted.some((id) => !criteria.get(id)?.states.some((s) => s !== 'factory-fresh'))
    const factoryFresh = weakness.arrives === 'factory-fresh' || isFreshOnly
    const ipv6 = weakness.visibleTo.includes('{ipv6}') || !weakness.visibleTo.includes('{ipv4}')
    return [{ id: weakness.id, weakness, criteria: wanted, factoryFresh, ipv6 }]
  })
  const wanted = [...criteria.values()].filter(({ id }) => isChosen(id) || chosen.some((c) => c.criteria.includes(id)))
  const areas = [...new Set(wanted.map(({ area }) => area))]
  const sound = areas.map((area): Case => {
    const ids = wanted.filter((c) => c.area === area).map(({ id }) => id)
    return { id: `sound-${area}`, weakness: null, criteria: ids, factoryFresh: true, ipv6: true }
  })
  return [...sound, ...chosen]
}

/** Names in `--only` that are neither an area nor a criterion nor a weakness. */
export function unknownNames(
  only: readonly string[],
  weaknesses: readonly Weakness[],
  { criteria }: Registry,
): string[] {
  const names = new Set([...criteria.keys()].flatMap((id) => [id, ...id.split('/')]))
  return only.filter((o) => !names.has(o) && !weaknesses.some((w) => w.id === o))
}

/**
 * What a kept result stands for: the code that observes, plays and judges this camera, the judged data, and the weakness
 * itself. A result of anything else is not used again.
 */
export const keyOf = (one: Case, ground: string): string =>
  digestOfBytes(new TextEncoder().encode(JSON.stringify([ground, one])))
