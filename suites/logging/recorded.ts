import { evidence, gap, suspicion, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { answerOf, isByForm } from '../facts/answer.ts'
import { bodyHolds } from '../facts/http-text.ts'
import { readLog } from '../facts/log-entries.ts'
import { alike } from '../facts/likeness.ts'
import { DEEDS, OF_ACCOUNTS, speaksOf } from '../facts/log-events.ts'
import { wasRefused, wereAccepted } from '../facts/login-outcome.ts'
import { kind as eventLog, type EventLog, type LogEvent } from '../observations/event-log.ts'
import type { Exchange } from '../observations/exchange.ts'
import type { RebootLog } from '../observations/reboot-log.ts'
import { bool, obj, opt } from '../schema.ts'
import type { Action } from '../statement.ts'
import { noLogContradicted } from './declared.ts'
import type { LogRecord } from './records.ts'
import { after, deedOf, recordsOf, shapeOf, shapesBefore, toldBy, type Told } from './telling.ts'

type Value = EventLog | RebootLog
type Context = JudgeContext<unknown>

/** What criteria over the record of one kind of event have in common; no actor needs to be named where the text does not ask for it. */
export const overEvents = (choose: (events: LogEvent[]) => LogEvent[]) => ({
  area: 'logging' as const,
  over: eventLog,
  also: [],
  states: ['in-service' as const],
  parameters: obj({ required: bool(), actor: opt(bool()) }),
  catalogues: [],
  contradicts: noLogContradicted(eventLog),
  judge: ({ value }: { value: EventLog }, context: JudgeContext<{ required: boolean; actor?: boolean }>): Finding[] =>
    allRecorded(value, choose(value.events), context, context.parameters.actor !== false),
})

/** Whether each of these events left a record in any log of the device; nothing is missing before its event is proven. */
export function allRecorded(
  value: Value,
  events: readonly LogEvent[],
  context: Context,
  isActorNeeded: boolean,
): Finding[] {
  if (events.length === 0) return [gap('event-log.not-caused', {}, [context.cite('/events')])]
  if (value.api === null && !value.channels.some((c) => c.receiving))
    return [gap('event-log.nothing-received', {}, [context.cite('/channels')])]
  const told = toldBy(value, context)
  const found = events.map((event) => recorded(value, event, told, context, isActorNeeded))
  const isLossy = value.api === null && value.channels.every((c) => c.protocol === 'syslog-udp')
  return isLossy ? mayBeLost(events, found) : found.flat()
}

/** Events of which a device that records them sends one datagram: the others are done and undone. */
const SENT_ONCE: readonly LogEvent['what'][] = ['account-added', 'account-removed']

/** A datagram may be lost on its way (RFC 5426 section 4.3): where one such record is missing and another came, it may be that one. */
function mayBeLost(events: readonly LogEvent[], found: readonly Finding[][]): Finding[] {
  const isMissing = (i: number): boolean => found[i]?.some((f) => f.message.code === 'event-log.not-recorded') ?? false
  const once = events.flatMap((e, i) => (SENT_ONCE.includes(e.what) ? [i] : []))
  if (once.length > 1 && once.every(isMissing)) return found.flat()
  return found.flatMap((own, i) =>
    once.includes(i) && isMissing(i)
      ? own.map(({ message, cites }) => suspicion('event-log.may-be-lost', message.values, cites))
      : own,
  )
}

const citeOf = (event: LogEvent, { events, cite }: Told) => cite(`/events/${events.indexOf(event)}`)

function recorded(value: Value, event: LogEvent, told: Told, context: Context, isActorNeeded: boolean): Finding[] {
  const own = citeOf(event, told)
  if (!isProven(value, event, context)) return [gap('event-log.not-shown', { event: event.id }, [own])]
  const { named, nameless } = recordsOf(event, told)
  const cites = (found: readonly LogRecord[]) => [own, ...found.slice(0, 3).map((r) => told.cite(r.pointer))]
  const [first] = named
  if (first) return [evidence('event-log.recorded', { event: event.id, channel: first.channel }, cites(named))]
  const [bare] = nameless
  if (bare)
    return isActorNeeded
      ? [suspicion('event-log.names-nobody', { event: event.id }, cites(nameless))]
      : [evidence('event-log.recorded-without-name', { event: event.id, channel: bare.channel }, cites(nameless))]
  return unclear(event, told, cites) ?? [missing(value, event, told)]
}

/** Records that may speak of the event although the words do not say so: no record is missing while they are there. */
function unclear(
  event: LogEvent,
  told: Told,
  cites: (found: readonly LogRecord[]) => Finding['cites'],
): Finding[] | null {
  const deed = deedOf(event.what)
  const later = after(event, told)
  const speaking = later.filter((r) => speaksOf(deed, r.text) && !r.failure)
  if (speaking.length > 0) return [suspicion('event-log.not-told-apart', { event: event.id }, cites(speaking))]
  // The account that was made is named once more when it is removed.
  const isOther = (r: LogRecord): boolean => OF_ACCOUNTS.some((d) => d !== deed && speaksOf(d, r.text))
  const worded = event.word === '' ? [] : later.filter((r) => r.names(event.word) && !isOther(r))
  if (worded.length > 0) return [suspicion('event-log.not-said-what', { event: event.id }, cites(worded))]
  const folded = later.filter((r) => r.repeated)
  if (folded.length > 0) return [suspicion('event-log.folded', { event: event.id }, cites(folded))]
  const known = shapesBefore(event, told)
  const others = told.events.filter((e) => e !== event && e.word !== '')
  const odd = later.filter(
    (r) =>
      !known.has(shapeOf(r)) &&
      !told.earlier.has(shapeOf(r)) &&
      !DEEDS.some((d) => speaksOf(d, r.text)) &&
      !others.some((e) => r.names(e.word)),
  )
  return odd.length > 0 ? [suspicion('event-log.unexplained', { event: event.id }, cites(odd))] : null
}

/** No log speaks of the event: confirmed only where every declared one was shown to work after it (rule 1). */
function missing(value: Value, event: LogEvent, told: Told): Finding {
  const own = citeOf(event, told)
  if (value.left > 0) return gap('event-log.too-many-records', { left: value.left }, [told.cite('/left')])
  const deaf = value.channels.filter((c) => !c.receiving)
  if (deaf.length > 0)
    return gap('event-log.not-all-received', { channel: deaf.map((c) => c.id).join(', ') }, [told.cite('/channels')])
  const controls = told.records.filter((r) => r.fromDevice && r.at >= event.at)
  const silent = value.channels.filter((c) => !controls.some((r) => r.channel === c.id))
  if (silent.length > 0)
    return suspicion('event-log.channel-unproven', { channel: silent.map((c) => c.id).join(', ') }, [
      own,
      told.cite('/channels'),
    ])
  const isUnread = value.api !== null && (told.entries === null || !isWhole(value))
  if (isUnread) return gap('event-log.log-not-read', {}, [told.cite('/api')])
  if (told.entries !== null && told.entries.length === 0)
    return suspicion('event-log.log-unproven', {}, [own, told.cite('/api')])
  if (mayShowPart(value, event, told)) return suspicion('event-log.page-shows-part', {}, [own, told.cite('/api')])
  return violation('event-log.not-recorded', { event: event.id }, [
    own,
    ...controls.slice(0, 3).map((r) => told.cite(r.pointer)),
    ...(value.api === null ? [] : [told.cite('/api/after')]),
  ])
}

const isWhole = ({ api }: Value): boolean =>
  api !== null && [api.before, api.after].every((e) => readLog(e)?.whole === true)

/**
 * A page, or what ended with its connection, may show the newest entries only, or the oldest: what is not there is missing
 * from the log only where it still shows all that it showed before, and something that came later.
 */
function mayShowPart({ api }: Value, event: LogEvent, { entries, events }: Told): boolean {
  const [before, after] = [api && readLog(api.before), api && readLog(api.after)]
  if (!before || !after?.mayBePart) return false
  const still = new Set(after.entries)
  const later = events.filter((e) => e.at > event.at && e.word !== '' && e.word !== event.word)
  const reaches = later.some((e) => entries?.some((r) => r.names(e.word)))
  return before.entries.length === 0 || !before.entries.every((e) => still.has(e)) || !reaches
}

/** A log-in by form that was answered like the one that failed on purpose: the form was shown again, whatever its status. */
function isFormAgain({ events }: Value, good: readonly Exchange[]): boolean {
  const bad = answerOf(events.find((e) => e.what === 'injected')?.exchange ?? null)
  return bad !== null && good.some((g) => isByForm(g) && alike(answerOf(g), answerOf(g), bad) !== 'granted')
}

/** The event happened: what the device says afterwards shows it, not that a request was answered. */
export function isProven(value: Value, event: LogEvent, context: Context): boolean {
  const { actions } = context.statement
  const good = value.events.flatMap((e) => (e.what === 'accepted' && e.exchange ? [e.exchange] : []))
  const isDone = (action: Action | undefined): boolean =>
    event.confirmed && action?.done !== undefined && (event.exchange === null || bodyHolds(event.exchange, action.done))
  const isAdmitted = event.check !== null && wereAccepted([...good, event.check])
  switch (event.what) {
    case 'accepted':
      return wereAccepted(good) && !isFormAgain(value, good)
    case 'injected':
      return event.exchange !== null && wasRefused(event.exchange, good)
    case 'setting':
    case 'time':
      return event.before !== null && event.after === event.value && event.after !== event.before
    case 'account-added':
      return isDone(actions.addAccount) || isAdmitted
    case 'account-removed':
      return isDone(actions.removeAccount) || (event.check !== null && wasRefused(event.check, good))
    case 'password-changed':
      return isDone(actions.changePassword) || isAdmitted
    case 'reboot':
      return 'open' in value && value.closed !== null && value.open !== null
  }
}
