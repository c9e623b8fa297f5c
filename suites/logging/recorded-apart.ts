import { evidence, gap, suspicion, violation, type Cite, type Finding, type JudgeContext } from '../criterion.ts'
import { bodyHolds } from '../facts/http-text.ts'
import { speaksOfChange, speaksOfReading, speaksOfTimeServer, withoutServer } from '../facts/log-changes.ts'
import { newEntries, readLog } from '../facts/log-entries.ts'
import { speaksOf } from '../facts/log-events.ts'
import { namesAddress } from '../facts/log-words.ts'
import { offsetOf } from '../facts/time-sync.ts'
import { kind as eventLog, type EventLog } from '../observations/event-log.ts'
import type { ApartWhat, LoggedApart } from '../observations/log-apart.ts'
import type { Exchange } from '../observations/exchange.ts'
import { bool, obj, opt } from '../schema.ts'
import { noLogContradicted } from './declared.ts'
import { lackOf } from './own-log.ts'
import { entryRecord, readRecords, type LogRecord } from './records.ts'
import { addressesOf, shapeOf } from './telling.ts'

type Context = JudgeContext<{ required: boolean; actor?: boolean }>

/** What criteria over an event with a time of its own have in common. */
export const overApart = (what: ApartWhat) => ({
  area: 'logging' as const,
  over: eventLog,
  also: [],
  states: ['in-service' as const],
  parameters: obj({ required: bool(), actor: opt(bool()) }),
  catalogues: [],
  contradicts: noLogContradicted(eventLog),
  judge: ({ value }: { value: EventLog }, context: Context): Finding[] => [recordedApart(value, what, context)],
})

/** All that any log told in the time of the change, and what it was known to say before. */
interface Told {
  records: LogRecord[]
  /** What came by the channels earlier, since the first log-in. */
  earlier: LogRecord[]
  /** Shapes of what the device wrote before, and of what it writes by itself. */
  known: ReadonlySet<string>
  noise: ReadonlySet<string>
}

/** Whether the event left a record in a log that was valid when it was caused; nothing is missing before it is proven. */
function recordedApart(value: EventLog, what: ApartWhat, context: Context): Finding {
  const place = value.apart?.findIndex((a) => a.what === what) ?? -1
  const one = value.apart?.[place]
  if (!one) return gap('event-log.not-caused', {}, [context.cite('/events')])
  if (one.api === null && !value.channels.some((c) => c.receiving))
    return gap('event-log.nothing-received', {}, [context.cite('/channels')])
  const own = context.cite(`/apart/${place}`)
  const values = { event: what }
  if (!isShown(one, value)) return gap('event-log.not-shown', values, [own])
  const told = toldOf(value, one, place, context)
  const cites = (found: readonly LogRecord[]): Cite[] => [own, ...found.slice(0, 3).map((r) => context.cite(r.pointer))]
  const speaking = told.records.filter(
    (r) =>
      !r.failure &&
      !told.noise.has(shapeOf(r)) &&
      !(what === 'clock' && speaksOfTimeServer(r.text)) &&
      (what === 'log-export'
        ? speaksOfChange(what, r.text)
        : !speaksOfReading(r.text) && (speaksOfChange(what, r.text) || speaksOf('setting', r.text))),
  )
  // A record that only says that something was changed may be a late one of an earlier change; that of a log-in tells of that.
  const sure = speaking.filter(
    (r) => !speaksOf('log-in', r.text) && (speaksOfChange(what, r.text) || !told.known.has(shapeOf(r))),
  )
  const [named] = sure.filter(
    (r) => namesAddress(actorIn(r.text, one, context), one.sourceAddress) || r.names(one.user),
  )
  if (named) return evidence('event-log.recorded', { ...values, channel: named.channel }, cites([named]))
  const [bare] = sure
  if (bare)
    return context.parameters.actor === false
      ? evidence('event-log.recorded-without-name', { ...values, channel: bare.channel }, cites(sure))
      : suspicion('event-log.names-nobody', values, cites(sure))
  if (speaking.length > 0) return suspicion('event-log.not-told-apart', values, cites(speaking))
  const folded = told.records.filter((r) => r.repeated)
  if (folded.length > 0) return suspicion('event-log.folded', values, cites(folded))
  // Beside the event itself the lab has only logged in.
  const odd = told.records.filter((r) => !told.known.has(shapeOf(r)) && !speaksOf('log-in', r.text))
  if (odd.length > 0) return suspicion('event-log.unexplained', values, cites(odd))
  return missing(value, one, told, { context, own })
}

/** What may name who acted: the lab is also the log server, which is no actor. */
function actorIn(text: string, { what, channel, sourceAddress }: LoggedApart, { statement }: Context): string {
  const server = statement.logging.channels.find((c) => c.id === channel)
  return what === 'log-setting' && server ? withoutServer(text, sourceAddress, server.port) : text
}

/** Half a step of the clock: more than reading it can be off by. */
const LEAST_STEP_MS = 60_000

/** A log was given that holds what only the lab can have brought there; else what the device says of itself is otherwise than before. */
function isShown({ what, confirmed, exchange, before, after }: LoggedApart, { events }: EventLog): boolean {
  if (!confirmed) return false
  if (what === 'log-export') return events.some(({ word }) => word !== '' && bodyHolds(exchange, word))
  if (!before || !after) return false
  if (what === 'log-setting') return before.text !== null && after.text !== null && before.text !== after.text
  const [stood, stands] = [offsetOf(before), offsetOf(after)]
  return stood !== null && stands !== null && stands.least - stood.most >= LEAST_STEP_MS
}

function toldOf(value: EventLog, one: LoggedApart, place: number, { statement, subject }: Context): Told {
  const addresses = addressesOf(statement, subject)
  const arrived = readRecords(one, addresses).map((r) => ({ ...r, pointer: `/apart/${place}${r.pointer}` }))
  const earlier = readRecords(value, addresses).filter((r) => r.fromDevice)
  const [before, after, later] = [one.api?.before, one.api?.after, one.control?.later].map(entriesOf)
  const gained = [
    ...newEntries(before ?? [], after ?? []).map((e) => entryRecord(e, one.at, `/apart/${place}/api/after`)),
    ...(later ? newEntries(after ?? [], later) : []).map((e) =>
      entryRecord(e, one.at, `/apart/${place}/control/later`),
    ),
  ]
  const quiet = value.quiet?.to ?? 0
  // What was put back before this event may be told only now.
  const others = (value.apart ?? [])
    .slice(0, place)
    .flatMap((other) => [
      ...readRecords(other, addresses).map(shapeOf),
      ...[other.api?.after, other.control?.later]
        .flatMap((e) => entriesOf(e) ?? [])
        .map((message) => shapeOf({ message })),
    ])
  return {
    records: [...arrived.filter((r) => r.fromDevice && r.at >= one.at), ...gained],
    earlier: earlier.filter((r) => r.at >= (value.events[0]?.at ?? one.at)),
    known: new Set([...others, ...earlier.map(shapeOf), ...(before ?? []).map((message) => shapeOf({ message }))]),
    noise: new Set(earlier.filter((r) => r.at < quiet).map(shapeOf)),
  }
}

const entriesOf = (exchange: Exchange | null | undefined): string[] | null =>
  (exchange && readLog(exchange)?.entries) ?? null

/**
 * No log speaks of the change. Confirmed only where each of them was shown to work: by a record that came afterwards, or,
 * by the channel that was taken away, shortly before (rule 1).
 */
function missing(
  value: EventLog,
  one: LoggedApart,
  told: Told,
  { context, own }: { context: Context; own: Cite },
): Finding {
  const names = (ids: readonly { id: string }[]): string => ids.map((c) => c.id).join(', ')
  if (one.left > 0) return gap('event-log.too-many-records', { left: one.left }, [own])
  const deaf = value.channels.filter((c) => !c.receiving)
  if (deaf.length > 0) return gap('event-log.not-all-received', { channel: names(deaf) }, [context.cite('/channels')])
  const proofs = (channel: string): LogRecord[] =>
    (channel === one.channel ? told.earlier : told.records).filter((r) => r.channel === channel)
  const silent = value.channels.filter((c) => proofs(c.id).length === 0)
  if (silent.length > 0)
    return suspicion('event-log.channel-unproven', { channel: names(silent) }, [own, context.cite('/channels')])
  const later = one.control?.later
  if (context.statement.logging.api) {
    const lack = lackOf(one.api && later ? { earlier: one.api.before, later } : null, [own])
    if (lack) return lack
  } else if (value.channels.every((c) => c.protocol === 'syslog-udp'))
    return suspicion('event-log.may-be-lost', { event: one.what }, [own])
  const controls = value.channels.flatMap((c) => proofs(c.id).slice(0, 1)).map((r) => context.cite(r.pointer))
  return violation('event-log.not-recorded', { event: one.what }, [own, ...controls])
}
