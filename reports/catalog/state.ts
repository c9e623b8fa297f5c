import { faulty, ok, type Fault, type Result } from '../../suites/fault.ts'
import { dateOf } from './dates.ts'
import type { CatalogEvent, Entry } from './events.ts'
import { catalogFault } from './fault.ts'
import type { LoggedEvent } from './log.ts'

export const STATUSES = ['approved', 'suspended', 'withdrawn', 'expired'] as const
export type Status = (typeof STATUSES)[number]

/** One thing that happened to an entry. */
export interface Turn {
  is: 'admitted' | 'suspended' | 'withdrawn' | 'reinstated'
  /** Number of the event. */
  number: number
  at: number
  by: string
  why: string | null
}

export interface Standing {
  entry: Entry
  /** Without regard to the date. */
  decided: Exclude<Status, 'expired'>
  history: Turn[]
}

/** Everything the catalog says, computed from its events alone. */
export interface CatalogState {
  demo: boolean
  standings: Standing[]
  refused: number
  head: { number: number; digest: string; at: number }
}

/** Withdrawn stays withdrawn; an entry past its last day has expired, whether suspended or not. */
export const statusOn = ({ entry, decided }: Standing, date: string): Status =>
  decided === 'withdrawn' ? 'withdrawn' : date > entry.validUntil ? 'expired' : decided

const ALLOWED: Record<'suspended' | 'withdrawn' | 'reinstated', readonly Standing['decided'][]> = {
  suspended: ['approved'],
  withdrawn: ['approved', 'suspended'],
  reinstated: ['suspended'],
}

/** Whether an entry that stands so may take this turn. Withdrawn is final. */
export const mayTurn = (decided: Standing['decided'], is: keyof typeof ALLOWED): boolean =>
  ALLOWED[is].includes(decided)

/** Replays the log. An event that could not have followed is a fault of the log. */
export function stateOf(events: readonly LoggedEvent[]): Result<CatalogState> {
  const faults: Fault[] = []
  const standings = new Map<string, Standing>()
  const demo = events[0]?.event.demo ?? false
  let refused = 0
  for (const { event } of events) {
    const misplaced = misplacement(event, demo, standings)
    if (misplaced) faults.push(catalogFault(misplaced, { number: event.number }, { line: event.number }))
    const { deed } = event
    if (deed.is === 'refused') refused++
    else if (deed.is === 'admitted')
      standings.set(deed.entry.id, {
        entry: deed.entry,
        decided: 'approved',
        history: [turnOf(event, 'admitted', null)],
      })
    else if (deed.is !== 'opened') {
      const standing = standings.get(deed.id)
      if (standing) {
        standing.decided = deed.is === 'reinstated' ? 'approved' : deed.is
        standing.history.push(turnOf(event, deed.is, deed.why))
      }
    }
  }
  const last = events.at(-1)
  if (!last) faults.push(catalogFault('log-empty', { error: 'empty' }))
  if (faults.length > 0 || !last) return faulty(...faults)
  return ok({
    demo,
    standings: [...standings.values()],
    refused,
    head: { number: last.event.number, digest: last.digest, at: last.event.at },
  })
}

const turnOf = (event: CatalogEvent, is: Turn['is'], why: string | null): Turn => ({
  is,
  number: event.number,
  at: event.at,
  by: event.by.subject,
  why,
})

function misplacement(
  event: CatalogEvent,
  demo: boolean,
  standings: ReadonlyMap<string, Standing>,
): 'event-order' | 'event-demo' | null {
  const { deed } = event
  if (event.demo !== demo) return 'event-demo'
  if ((deed.is === 'opened') !== (event.number === 1)) return 'event-order'
  if (deed.is === 'admitted') {
    const { entry } = deed
    return standings.has(entry.id) || entry.validFrom !== dateOf(event.at) || entry.validUntil < entry.validFrom
      ? 'event-order'
      : null
  }
  if (deed.is === 'opened' || deed.is === 'refused') return null
  const standing = standings.get(deed.id)
  return standing && mayTurn(standing.decided, deed.is) && deed.report === standing.entry.report.digest
    ? null
    : 'event-order'
}
