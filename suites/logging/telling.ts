import type { JudgeContext } from '../criterion.ts'
import { newEntries, readLog } from '../facts/log-entries.ts'
import { speaksOf, type Deed } from '../facts/log-events.ts'
import { namesAddress } from '../facts/log-words.ts'
import type { EventLog, LogEvent } from '../observations/event-log.ts'
import type { RebootLog } from '../observations/reboot-log.ts'
import type { Statement } from '../statement.ts'
import { endpointOf } from '../subject.ts'
import { entryRecord, readRecords, type LogRecord } from './records.ts'

/** All that the logs told around some events: what the channels brought and what the device's own log gained. */
export interface Told {
  /** By arrival; of every sender. */
  records: LogRecord[]
  /** Entries that the device's own log has now and had not before; null where it is not read, or could not be. */
  entries: LogRecord[] | null
  /** Shapes of what the device writes by itself, while nothing is asked of it. */
  noise: ReadonlySet<string>
  /** Shapes that were in the device's own log before. */
  earlier: ReadonlySet<string>
  events: LogEvent[]
  cite(pointer: string): ReturnType<JudgeContext<unknown>['cite']>
}

/** Own log entries have no arrival: they came at some time between the readings. */
const UNKNOWN = -1

/** The addresses that records of the sample come from. */
export function addressesOf({ samples }: Statement, subject: string): string[] {
  const sample = samples.find((s) => s.id === endpointOf(subject).sample)
  return [sample?.addresses.ipv4, sample?.addresses.ipv6].filter((a) => typeof a === 'string')
}

export function toldBy(value: EventLog | RebootLog, context: JudgeContext<unknown>): Told {
  const addresses = addressesOf(context.statement, context.subject)
  const before = value.api ? readLog(value.api.before) : null
  const after = value.api ? readLog(value.api.after) : null
  const records = readRecords(value, addresses)
  const quiet = value.quiet?.to ?? 0
  return {
    records,
    noise: new Set(records.filter((r) => r.fromDevice && r.at < quiet).map(shapeOf)),
    entries:
      before && after
        ? newEntries(before.entries, after.entries).map((text) => entryRecord(text, UNKNOWN, '/api/after'))
        : null,
    earlier: new Set(before?.entries.map((text) => shapeOf({ message: text }))),
    events: value.events,
    cite: context.cite,
  }
}

/** Records that differ in numbers only are alike. */
export const shapeOf = ({ message }: { message: string }): string => message.replace(/\d+/g, '#')

export const deedOf = (what: LogEvent['what']): Deed =>
  what === 'accepted' || what === 'injected' ? 'log-in' : what === 'time' ? 'setting' : what

/** What may have been caused by an event: it came later, or stands in the device's own log. */
export const after = (event: LogEvent, told: Told): LogRecord[] => [
  ...told.records.filter((r) => r.fromDevice && r.at >= event.at),
  ...(told.entries ?? []),
]

/** Shapes of what the device wrote before an event, whatever caused it. */
export const shapesBefore = (event: LogEvent, told: Told): Set<string> =>
  new Set(told.records.filter((r) => r.fromDevice && r.at < event.at).map(shapeOf))

/** The record says that what happened went well, or at least nothing else. */
const says = (deed: Deed, r: LogRecord): boolean =>
  speaksOf(deed, r.text) && !r.failure && (deed !== 'log-in' || r.success)

/** Moments apart in which a device writes several records of one event. */
const TOGETHER_MICROS = 500_000

/**
 * A failed log-in under a random name is nobody else's doing: what the device wrote of a failure from the same address in the
 * same moment belongs to it, as where one part of PAM names the user and another the address.
 */
const besides = (event: LogEvent, named: readonly LogRecord[], told: Told): LogRecord[] =>
  after(event, told).filter(
    (r) =>
      r.failure &&
      !named.includes(r) &&
      namesAddress(r.text, event.sourceAddress) &&
      named.some((n) => n.channel === r.channel && n.at !== UNKNOWN && Math.abs(n.at - r.at) <= TOGETHER_MICROS),
  )

/**
 * Records of one event. `named` hold its random word, or its actor or source, and could not have come before; `nameless`
 * speak of such an event only.
 */
export function recordsOf(event: LogEvent, told: Told): { named: LogRecord[]; nameless: LogRecord[] } {
  if (event.what === 'injected') {
    const named = after(event, told).filter((r) => r.names(event.word))
    return { named, nameless: besides(event, named, told) }
  }
  const deed = deedOf(event.what)
  const said = after(event, told).filter((r) => says(deed, r))
  const worded = event.word === '' ? [] : said.filter((r) => r.names(event.word))
  if (worded.length > 0) return { named: worded, nameless: [] }
  // Each setting is set and put back: fewer records may be those of another one, or of the log setting itself.
  const least = deed === 'setting' ? told.events.filter((e) => deedOf(e.what) === deed).length + 1 : 1
  const fresh = said.filter((r) => !told.noise.has(shapeOf(r)))
  const typed = fresh.filter((r) => fresh.filter((o) => o.channel === r.channel).length >= least)
  const isNamed = (r: LogRecord): boolean =>
    namesAddress(r.text, event.sourceAddress) || r.names(event.user) || (event.value !== '' && r.names(event.value))
  return { named: typed.filter(isNamed), nameless: typed.filter((r) => !isNamed(r)) }
}
