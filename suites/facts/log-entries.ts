import type { Exchange } from '../observations/exchange.ts'
import { answerOf } from './answer.ts'
import { fromBase64, latin1 } from './bytes.ts'
import { endsWithConnection } from './http-message.ts'
import { holdsTime } from './log-events.ts'
import { utf8 } from './log-words.ts'

/** A log as it was read over the device's interface. */
export interface ReadLog {
  /** In the order of the answer; Latin-1. */
  entries: string[]
  body: string
  /** Content-Type in lower case. */
  type: string
  /** The answer was kept to its end. */
  whole: boolean
  /** Read off a page, which shows control characters as it likes. */
  isPage: boolean
  /** A page may show a part of the log only, and what ends with its connection may have been broken off. */
  mayBePart: boolean
}

const MOST_ENTRIES = 5_000
const MOST_CHARACTERS = 4_096
const MOST_DEPTH = 6

/** The entries of a log that was read, by its answer or off the page that shows it: null where the device did not give one. */
export function readLog(exchange: Exchange): ReadLog | null {
  const answer = answerOf(exchange)
  if (!answer || answer.status < 200 || answer.status >= 300) return null
  const shown = exchange.browser?.shown
  const body = latin1(shown ? fromBase64(shown.raw) : answer.body)
  const type = shown
    ? 'text/plain'
    : (answer.headers.find(([name]) => name === 'content-type')?.[1] ?? '').toLowerCase()
  const isPage = shown !== undefined
  const last = exchange.rounds.at(-1)?.answer
  const isClosed = !isPage && last?.end === 'closed' && isWholeAtClose(fromBase64(last.raw), body, exchange)
  const whole = isClosed || (shown ?? last)?.end === 'complete'
  return { entries: entriesIn(body), body, type, whole, isPage, mayBePart: isPage || isClosed }
}

/** Many devices, above all their CGI programs, tell no length. What breaks off within a line did not come whole. */
const isWholeAtClose = (raw: Uint8Array, body: string, { request }: Exchange): boolean =>
  endsWithConnection(raw, request.method) && (/\n$/.test(body) || /[>\]}]\s*$/.test(body))

/**
 * Elements of the longest list of a JSON text; else the lines, table rows and list items that hold a date or time, for
 * what surrounds them is no log. Bounded; never throws.
 */
export function entriesIn(body: string): string[] {
  const elements = jsonEntries(body)
  const entries =
    elements ?? body.split(/[\r\n\0]+|<br ?\/?>|<\/(?:tr|li|p|item|entry|record|log|event)>/i).filter(holdsTime)
  return entries.slice(-MOST_ENTRIES).map((e) => e.trim().slice(0, MOST_CHARACTERS))
}

function jsonEntries(body: string): string[] | null {
  if (!/^\s*[[{]/.test(body)) return null
  try {
    const longest = longestList(JSON.parse(body) as unknown, 0)
    return longest?.map((e) => asBytes(typeof e === 'string' ? e : JSON.stringify(e))) ?? null
  } catch {
    return null
  }
}

function longestList(value: unknown, depth: number): unknown[] | null {
  if (typeof value !== 'object' || value === null || depth > MOST_DEPTH) return null
  const inner = (Array.isArray(value) ? value.slice(0, 100) : Object.values(value)).map((v) =>
    longestList(v, depth + 1),
  )
  return [Array.isArray(value) ? value : null, ...inner].reduce(
    (best, one) => ((one?.length ?? -1) > (best?.length ?? -1) ? one : best),
    null,
  )
}

/** Escapes of JSON stand for characters; the rest of the text is bytes already. */
const asBytes = (text: string): string => text.toWellFormed().replace(/[^\0-\xff]+/g, utf8)

/**
 * What a log gained between two readings, and what keeps it from telling of all that was written meanwhile: it was not read
 * to its end, it gained nothing at all, or it may show a part only. Null where it was not read.
 */
export function gainedBetween(
  earlier: Exchange,
  later: Exchange,
): { entries: string[]; lack: 'not-read' | 'unproven' | 'part' | null } | null {
  const [before, after] = [readLog(earlier), readLog(later)]
  if (!before || !after) return null
  const entries = newEntries(before.entries, after.entries)
  if (!before.whole || !after.whole) return { entries, lack: 'not-read' }
  if (entries.length === 0) return { entries, lack: 'unproven' }
  // The newest entries reach back to the earlier reading where one of that is among them; a page may be cut on either side.
  const still = new Set(after.entries)
  const isKept = (e: string): boolean => still.has(e)
  const reaches = after.mayBePart
    ? before.entries.length > 0 && before.entries.every(isKept)
    : before.entries.length === 0 || before.entries.some(isKept)
  return { entries, lack: reaches ? null : 'part' }
}

/** What the later list has and the earlier one has not, as often as that. */
export function newEntries(before: readonly string[], after: readonly string[]): string[] {
  const count = new Map<string, number>()
  for (const e of before) count.set(e, (count.get(e) ?? 0) + 1)
  return after.filter((e) => {
    const left = count.get(e) ?? 0
    if (left > 0) count.set(e, left - 1)
    return left === 0
  })
}
