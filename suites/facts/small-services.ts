import { latin1 } from './bytes.ts'

/**
 * The services of inetd that were made for tests of networks and tell nothing else: what they send, by TCP and UDP alike.
 * Discard (RFC 863) says nothing and cannot be told.
 */
export type SmallService = 'echo' | 'daytime' | 'qotd' | 'chargen' | 'time'

/** What the harness sends to be echoed. */
export const ECHOED = 'camseal: a question of a conformance test'

const FIRST = 0x20
const RING = 95
/** A chance text does not hold so many neighbours of the alphabet. */
const LEAST_RUN = 32

/** Printable characters each one further than the one before (RFC 864, section "Data syntax"). */
export function isChargen(bytes: Uint8Array): boolean {
  if (bytes.length < LEAST_RUN) return false
  for (let i = 0; i < LEAST_RUN; i++) {
    const here = (bytes[i] ?? 0) - FIRST
    if (here < 0 || here >= RING) return false
    if (i > 0 && here !== ((bytes[i - 1] ?? 0) - FIRST + 1) % RING) return false
  }
  return true
}

/** Names of days, months and zones, and numbers as dates have them. */
const DATE_WORD =
  /^(?:(?:sun|mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?)(?:day)?|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|am|pm|utc|gmt|(?:[acehijkmpw]|ak|ce|ee|ic|nz|we)[ds]?t|\d{1,2}|(?:19|20)\d\d|[+-]\d{4})$/i

/** One line of a time of day, a year and other parts of a date, and nothing else (RFC 867). */
export function isDaytime(bytes: Uint8Array): boolean {
  if (bytes.length < 12 || bytes.length > 64) return false
  const [, line = ''] = /^([^\r\n]{12,62})\r?\n?$/.exec(latin1(bytes)) ?? []
  const words = line.split(/[ ,:/]+|(?<=\d)-(?=\w)|(?<=[a-z])-(?=\d)/i).filter((w) => w !== '')
  return (
    /\d:\d\d:\d\d/.test(line) && words.some((w) => /^(?:19|20)\d\d$/.test(w)) && words.every((w) => DATE_WORD.test(w))
  )
}

/** Seconds since 1900, from 1970 on, and nothing else (RFC 868); inetutils sends as many zeros behind them. */
export const isTime = (bytes: Uint8Array): boolean =>
  (bytes.length === 4 || (bytes.length === 8 && bytes.subarray(4).every((b) => b === 0))) && (bytes[0] ?? 0) >= 0x83

/** Printable text of at most 512 characters (RFC 865): tells a quote only where one was asked for. */
export const isQuote = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && bytes.length <= 512 && bytes.every((b) => b >= 0x20 || (b >= 9 && b <= 13))

export const isEchoed = (bytes: Uint8Array): boolean => latin1(bytes) === ECHOED
