import type { ClockReading, TimeServer, TimeSync } from '../observations/time-sync.ts'
import { fromBase64 } from './bytes.ts'
import { readClock } from './clock-text.ts'
import { addressKey } from './log-words.ts'
import { isRequest, microsOf, NO_TIMESTAMP, ntpPacketOf } from './ntp-packet.ts'

/**
 * Times that servers say are so far apart that a clock which shows minutes alone tells them apart; and less than NTP's panic
 * threshold of 1000 s, beyond which a client may give up.
 */
export const STEP_SECONDS = 150
const TOLERANCE_MS = 70_000
/** Zones are whole quarters of an hour: what is left of a wall clock without them is its own. */
const QUARTER_MS = 900_000

/** How far a clock was ahead of the lab's, in milliseconds: at least and at most. */
export interface ClockOffset {
  least: number
  most: number
  isLocal: boolean
}

/** The device's clock against the lab's: it was read at some time between question and answer. Null where it cannot be read. */
export function offsetOf({ exchange, text }: ClockReading): ClockOffset | null {
  const clock = text === null || exchange.failure !== null ? null : readClock(text)
  if (!clock) return null
  const [asked, told] = [Math.floor(exchange.at / 1000), Math.ceil((exchange.at + exchange.elapsed) / 1000)]
  return { least: clock.at - told, most: clock.at + clock.width - asked, isLocal: clock.isLocal }
}

/** Whether a clock is where a server's shift puts it. */
export function isAt(offset: ClockOffset, shift: number): boolean {
  const half = (offset.most - offset.least) / 2
  const away = offset.least + half - shift * 1000
  const off = offset.isLocal ? away - QUARTER_MS * Math.floor(away / QUARTER_MS + 0.5) : away
  return Math.abs(off) + half <= TOLERANCE_MS
}

/**
 * What the clock did while a server answered. followed: it went to where the server's time is. stayed: it is where it was.
 * elsewhere: neither. unread: what it said cannot be read. not-met: the device asked nothing.
 */
export type TimeOutcome = 'followed' | 'stayed' | 'elsewhere' | 'unread' | 'not-met'

export interface TimeMeeting {
  shows: TimeServer['shows']
  outcome: TimeOutcome
  /** Places in the list of answers that went to the device. */
  answers: number[]
  /** From the first answer to the moment the clock was looked at: surely, and at most. Microseconds. */
  watched: number
  watchedAtMost: number
}

/** Every server and how the device took it. The clock's place is known from the first server that it followed. */
export function meetingsOf(value: TimeSync, addresses: readonly string[]): TimeMeeting[] {
  const own = new Set(addresses.map(addressKey))
  let before = offsetOf(value.clock)
  let standing: number | null = null
  return value.servers.map((server) => {
    const answers = server.answers.flatMap((a, i) => (own.has(addressKey(a.from)) ? [i] : []))
    const now = offsetOf(server.clock)
    const outcome = outcomeOf(server.shift, { before, now, standing, isMet: answers.length > 0 })
    if (outcome === 'followed') standing = server.shift
    before = now
    const first = server.answers[answers[0] ?? -1]?.at ?? server.until
    const { at, elapsed } = server.clock.exchange
    return { shows: server.shows, outcome, answers, watched: at - first, watchedAtMost: at + elapsed - first }
  })
}

interface Places {
  before: ClockOffset | null
  now: ClockOffset | null
  standing: number | null
  isMet: boolean
}

function outcomeOf(shift: number, { before, now, standing, isMet }: Places): TimeOutcome {
  if (!isMet) return 'not-met'
  if (!before || !now) return 'unread'
  if (isAt(now, shift)) return isAt(before, shift) ? 'elsewhere' : 'followed'
  return standing !== null && isAt(now, standing) ? 'stayed' : 'elsewhere'
}

/** What goes between writing the time into an answer and sending it. */
const SENDING_MICROS = 1_000_000

/** The answers of a server are what it says they are: else it tested something else. */
export function answersAsItSays(value: TimeSync, place: number): boolean {
  const server = value.servers[place]
  if (!server) return false
  const { shows, shift } = server
  const earlier = value.servers
    .slice(0, place)
    .flatMap((s) => s.answers.map((a) => ntpPacketOf(fromBase64(a.request))?.transmit))
  return server.answers.every(({ at, request, sent }) => {
    const [asked, told] = [request, sent].map((b) => ntpPacketOf(fromBase64(b)))
    if (!asked || !told || !isRequest(asked) || told.mode !== 4) return false
    if (Math.abs(microsOf(told.transmit) - at - shift * 1_000_000) > SENDING_MICROS) return false
    const origin =
      shows === 'origin-zero'
        ? told.origin === NO_TIMESTAMP
        : shows === 'origin-earlier'
          ? earlier.includes(told.origin)
          : told.origin === asked.transmit
    const [leap, stratum] = shows === 'unsynchronised' ? [3, 16] : shows === 'kiss-rate' ? [3, 0] : [0, 1]
    return (
      origin &&
      told.leap === leap &&
      told.stratum === stratum &&
      (shows === 'kiss-rate') === (told.reference === 'RATE')
    )
  })
}
