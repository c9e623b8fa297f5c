import {
  always,
  defineCriterion,
  evidence,
  gap,
  suspicion,
  violation,
  type Finding,
  type JudgeContext,
} from '../criterion.ts'
import { newEntries, readLog } from '../facts/log-entries.ts'
import { failedLoginWords, namesAddress } from '../facts/log-words.ts'
import { kind as failedLoginLog, type FailedLoginLog } from '../observations/failed-login-log.ts'
import { bool, obj, opt } from '../schema.ts'
import { bodyHolds } from '../facts/http-text.ts'
import { wasRefused } from '../facts/login-outcome.ts'
import { remoteOutcome } from '../facts/remote-outcome.ts'
import { heardBeside } from './heard-beside.ts'
import { countsOwn, lackOf, whereParameter, type Where } from './own-log.ts'
import { entryRecord, readRecords, type LogRecord } from './records.ts'
import { addressesOf } from './telling.ts'

const parameters = obj({
  /** The text asks for such a log: a device that declares none does not conform. */
  required: bool(),
  where: whereParameter,
  /** The record must name the account or the source; yes where nothing is said. */
  actor: opt(bool()),
})
type Context = JudgeContext<{ required: boolean; where?: Where; actor?: boolean }>
type Event = FailedLoginLog['events'][number]

/**
 * A failed log-in leaves a record (QCVN 11:2026/BCA asks for a system log; ETSI EN 303 645 has no such provision). The
 * record of the unknown user carries a random name, so nothing else can have caused it. A missing record is a violation
 * only where the log-in was shown to fail and every log that counts told of something else afterwards.
 */
export const criterion = defineCriterion({
  id: 'logging/failed-login-recorded',
  version: '1.3.0',
  area: 'logging',
  over: failedLoginLog,
  also: [],
  states: ['in-service'],
  parameters,
  catalogues: [],
  applies: always,
  judge({ value }, context) {
    const { required, where } = context.parameters
    const isOwnCounted = countsOwn(context.statement, where)
    if (value.channels.length === 0 && !isOwnCounted) {
      const code = where === 'any' ? 'no-log-declared' : 'no-channel-declared'
      return [(required ? violation : gap)(code, {}, [context.cite('/declared')])]
    }
    const isRead = isOwnCounted && value.api !== undefined
    if (!isRead && !value.channels.some((c) => c.receiving))
      return [gap('nothing-received-with', {}, [context.cite('/channels')])]
    const records = [
      ...readRecords(value, addressesOf(context.statement, context.subject)),
      ...(isRead ? ownEntries(value) : []),
    ]
    return recorded(value, records, context) ?? missing(value, records, context)
  },
})

/** Entries have no arrival: what was gained before the failures stands before them, what came later at the end. */
function ownEntries({ api, until }: FailedLoginLog): LogRecord[] {
  const [first, before, after] = api ? [api.first, api.before, api.after].map(readLog) : []
  if (!first || !before || !after) return []
  return [
    ...newEntries(first.entries, before.entries).map((text) => entryRecord(text, 0, '/api/before')),
    ...newEntries(before.entries, after.entries).map((text) => entryRecord(text, until ?? 0, '/api/after')),
  ]
}

/** What the records say of the failed log-ins; null where there is no such record. */
function recorded(value: FailedLoginLog, records: LogRecord[], context: Context): Finding[] | null {
  const failed = value.events.flatMap((e, i) =>
    e.what === 'accepted' ? [] : [{ ...e, cite: context.cite(`/events/${i}`) }],
  )
  const marker = failed.find((e) => e.what === 'unknown-user')
  const since = Math.min(...failed.map((e) => e.at))
  const cites = (found: LogRecord[]) => [
    ...failed.map((e) => e.cite),
    ...found.slice(0, 3).map((r) => context.cite(r.pointer)),
  ]

  const named = marker ? records.filter((r) => r.at >= marker.at && r.names(marker.user)) : []
  const honest = named.filter((r) => !r.success)
  if (named.length > 0 && honest.length === 0) return [suspicion('recorded-as-success', {}, cites(named))]
  const later = failed.filter((e) => e.what === 'wrong-password')
  const source = failed[0]?.sourceAddress ?? ''
  const own = records.filter((r) => r.fromDevice && r.at >= since)
  const telling = own.filter(
    (r) => r.failure && (namesAddress(r.text, source) || later.some((e) => e.at <= r.at && r.names(e.user))),
  )
  if (honest.length > 0) {
    const users = later.some((e) =>
      own.some((r) => r.at >= e.at && !named.includes(r) && (telling.includes(r) || r.repeated)),
    )
    const rest =
      later.length === 0 || users
        ? []
        : [
            suspicion(
              'known-user-not-recorded',
              {},
              later.map((e) => failed.find((f) => f.id === e.id)?.cite ?? e.cite),
            ),
          ]
    return [
      evidence('recorded-by-name', { channel: honest[0]?.channel ?? '', user: marker?.user ?? '' }, cites(honest)),
      ...rest,
    ]
  }

  const before = records.filter((r) => r.fromDevice && r.at < since && r.failure)
  if (telling.length > 0) {
    const noise = before.some((r) => namesAddress(r.text, source) || later.some((e) => r.names(e.user)))
    // An access log has a 401 of every challenge: what counts beside it is a record that says it in words not heard before.
    const heard = new Set(records.filter((r) => r.at < since).flatMap((r) => failedLoginWords(r.text)))
    const told = noise ? telling.filter((r) => failedLoginWords(r.text).some((word) => !heard.has(word))) : telling
    return told.length === 0
      ? [suspicion('not-told-apart', {}, cites(telling))]
      : [evidence('recorded-by-source', { channel: told[0]?.channel ?? '', source }, cites(told))]
  }
  const nameless = own.filter((r) => r.failure)
  if (nameless.length > 0)
    return context.parameters.actor === false && before.length === 0
      ? [evidence('recorded-without-name', { channel: nameless[0]?.channel ?? '' }, cites(nameless))]
      : [suspicion('names-nobody', {}, cites(nameless))]
  const folded = own.filter((r) => r.repeated)
  if (folded.length > 0) return [suspicion('folded', {}, cites(folded))]
  const known = new Set(records.filter((r) => r.at < since).map(shapeOf))
  const outcomeless = own.filter(
    (r) => r.at <= (value.until ?? r.at) && !r.success && namesAddress(r.text, source) && !known.has(shapeOf(r)),
  )
  return outcomeless.length > 0 ? [suspicion('outcome-not-said', {}, cites(outcomeless))] : null
}

/** Records that differ in ports, times and counters only are alike. */
const shapeOf = ({ message }: LogRecord): string => message.replace(/\d+/g, '#')

/** The log-in failed beside right ones that did not. */
function isShown({ exchange, remote }: Event, good: readonly Event[]): boolean {
  if (exchange)
    return wasRefused(
      exchange,
      good.flatMap((g) => g.exchange ?? []),
    )
  const letIn = good.every((g) => g.remote && remoteOutcome(g.remote.protocol, g.remote.attempt) === 'granted')
  return (
    letIn && good.length > 0 && remote !== undefined && remoteOutcome(remote.protocol, remote.attempt) === 'refused'
  )
}

const isOwnEntry = (r: LogRecord): boolean => r.pointer.startsWith('/api/')

/** No record speaks of a failed log-in: whether that is the device's doing (rule 1: event proven, channel proven). */
function missing(value: FailedLoginLog, records: LogRecord[], context: Context): Finding[] {
  const { cite } = context
  const failed = value.events.flatMap((e, i) => (e.what === 'accepted' ? [] : [{ ...e, pointer: `/events/${i}` }]))
  const good = value.events.filter((e) => e.what === 'accepted')
  const shown = failed.filter((e) => isShown(e, good))
  const [first] = shown
  if (!first)
    return [
      gap(
        'failure-not-shown',
        {},
        value.events.map((_, i) => cite(`/events/${i}`)),
      ),
    ]
  if (value.left > 0) return [gap('too-many-records', { left: value.left }, [cite('/left')])]
  const own = records.filter((r) => r.fromDevice)
  if (value.channels.length > 0 && !own.some((r) => !isOwnEntry(r))) {
    const declared = context.statement.logging.channels
    const set = value.channels.every(
      (c) =>
        c.enable === null ||
        c.after?.includes(first.sourceAddress) === true ||
        bodyHolds(c.enable, declared.find((d) => d.id === c.id)?.enable?.done ?? null),
    )
    const beside = value.channels.map((c) => heardBeside(c, value, context))
    const told = beside.flatMap((b) => [b.before, b.after]).filter((c) => c !== null)
    const cites = [cite('/channels'), cite('/records'), ...told]
    // Over TCP a device may still have waited before it connected anew.
    const isHeard = value.channels.every((c, i) => c.protocol === 'syslog-udp' && beside[i]?.before && beside[i].after)
    if (!set || !isHeard)
      return [(set ? suspicion : gap)(told.length > 0 ? 'channel-silent-here' : 'channel-silent', {}, cites)]
    const { length: attempts } = shown
    return [
      ownLack(value, context) ??
        violation('nothing-recorded', { attempts }, [...shown.map((e) => cite(e.pointer)), ...cites]),
    ]
  }
  const silent = value.channels.filter((c) => !own.some((r) => r.channel === c.id && r.at >= first.at))
  if (silent.length > 0)
    return [
      suspicion('channel-unproven', { channel: silent.map((c) => c.id).join(', ') }, [
        cite('/channels'),
        cite('/records'),
      ]),
    ]
  const lack = ownLack(value, context)
  if (lack) return [lack]
  const controls = own.filter((r) => r.at >= first.at).slice(0, 3)
  return [
    violation('not-recorded', { attempts: shown.length }, [
      ...shown.map((e) => cite(e.pointer)),
      ...controls.map((r) => cite(r.pointer)),
    ]),
  ]
}

/** Why nothing can be called missing from the device's own log, where that counts. */
function ownLack({ api }: FailedLoginLog, { statement, parameters, cite }: Context): Finding | null {
  if (!countsOwn(statement, parameters.where)) return null
  return lackOf(api ? { earlier: api.before, later: api.after } : null, [cite(api ? '/api' : '')])
}
