import type { UpdateAttempt, UpdateVariant } from '../observations/update-refusal.ts'
import type { FetchRequest } from '../observations/update-fetch.ts'

export type Attempt = UpdateAttempt & Partial<Pick<UpdateVariant, 'change'>>

/** A download that ended early may have failed; twice behind what differs, the device ended it. */
const LEAST_BROKEN_OFF = 2

/**
 * How far a package came that the device had to fetch. whole: it has every byte. broken-off: it ended the download again
 * and again, after the first byte that differs had gone out. unread: what it did fetch told it enough, and belongs to this
 * package alone: an older version, a manifest of the maker, or that there is no signature. not: nothing shows that it
 * decided anything.
 */
export function reachOf({ id, fetch, bytes, change }: Attempt): 'whole' | 'broken-off' | 'unread' | 'not' {
  if (!fetch) return 'not'
  if (fetch.covered >= bytes) return 'whole'
  const downloads = fetch.requests.filter((r) => r.file === fetch.package && isDownload(r))
  const ended = downloads.filter((r) => r.end === 'broken-off' && r.first + r.sent > (change?.at ?? 0))
  if (ended.length >= LEAST_BROKEN_OFF) return 'broken-off'
  const tells = id === 'older' ? [...fetch.own, ...fetch.versions] : fetch.own
  const isTold = fetch.requests.some(
    (r) => r.file !== null && tells.includes(r.file) && r.end !== 'broken-off' && r.sent > 0 && r.sent === r.promised,
  )
  const isLackSeen = fetch.requests.some((r) => r.file !== null && fetch.lacking?.includes(r.file) && isNothing(r))
  return (isTold || isLackSeen) && downloads.length === 0 && fetch.left === 0 ? 'unread' : 'not'
}

const isDownload = ({ method, status }: FetchRequest): boolean =>
  method !== 'HEAD' && (status === 200 || status === 206)

/** The device asked for a file and was told that there is none, or that nothing is in it. */
const isNothing = ({ method, status, promised, end }: FetchRequest): boolean =>
  end !== 'broken-off' && (status === 404 || (status === 200 && promised === 0 && method !== 'HEAD'))

/** An upload, or a download of which something went out: what changed on the device may come of it. */
export const wasTaken = ({ upload, fetch }: Pick<UpdateAttempt, 'upload' | 'fetch'>): boolean =>
  !fetch
    ? upload !== undefined
    : fetch.covered > 0 || fetch.requests.some((r) => r.file === fetch.package && r.sent > 0)
