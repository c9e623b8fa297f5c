import type { StateStore } from './state.ts'

/** What the unit's clock says; ISO 8601, UTC. */
export const clockOf = ({ state }: StateStore): string => new Date(Date.now() + state.clockOffset).toISOString()

/** Sets the clock to whole seconds in UTC; null where that is no time. */
export function setClock(store: StateStore, time: unknown): { from: string; to: string } | null {
  const to = typeof time === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(time) ? time : ''
  if (Number.isNaN(Date.parse(to))) return null
  const from = clockOf(store)
  store.change({ clockOffset: Date.parse(to) - Date.now() })
  return { from, to }
}
