import { defineKind } from '../observation.ts'
import { bool, int, list, micros, obj, oneOf, opt, orNull, str, text, type Static } from '../schema.ts'
import { unitSubject } from '../subject.ts'
import { exchangeSchema } from './exchange.ts'
import { apartSchema } from './log-apart.ts'
import { logChannelSchema, logRecordSchema } from './log-records.ts'

/** Something the lab caused, with what shows that it happened. */
export const logEventSchema = obj({
  id: text(),
  /** injected: a log-in that fails, its user name holds a line break, the head of a record and markup. */
  what: oneOf(
    'accepted',
    'setting',
    'time',
    'account-added',
    'account-removed',
    'password-changed',
    'injected',
    'reboot',
  ),
  at: micros(),
  /** Who acted, as the device knows them. */
  user: str(),
  sourceAddress: text(),
  /** Random: nothing else can have brought it into a record. Empty where the event has none. */
  word: str(),
  /** The value set, or the user name that the account or the log-in has. */
  value: str(),
  /** The setting as read before and afterwards; null where nothing reads it. */
  before: orNull(str()),
  after: orNull(str()),
  /** Null where it was done by taking an earlier change back. */
  exchange: orNull(exchangeSchema),
  /** The answer was the one that the statement names for an action that took effect. */
  confirmed: bool(),
  /** A log-in with the account as it then was, where the statement names no such answer. */
  check: orNull(exchangeSchema),
})
export type LogEvent = Static<typeof logEventSchema>

export const eventLogSchema = obj({
  /** The statement declares a channel or a log that can be read. */
  declared: bool(),
  channels: list(logChannelSchema),
  /** Nothing was asked of the device in this window. Null where there was nothing to watch. */
  quiet: orNull(obj({ from: micros(), to: micros() })),
  /** In the order they were caused, at least 400 ms apart. */
  events: list(logEventSchema),
  /** The device's own log, read after the quiet window and after the events. */
  api: orNull(obj({ before: exchangeSchema, after: exchangeSchema })),
  /** The end of the wait for late records. */
  until: orNull(micros()),
  /** What came from the beginning of the quiet window until then. */
  records: list(logRecordSchema),
  /** Records that came and are not in the list, for its length. */
  left: int(),
  /** Later, each in a time of its own. */
  apart: opt(list(apartSchema)),
})
export type EventLog = Static<typeof eventLogSchema>

/** What the device's logs held of log-ins, settings, accounts, a hostile user name, the log's own settings and the clock. */
export const kind = defineKind({
  id: 'event-log',
  version: '1.1.0',
  per: 'unit',
  schema: eventLogSchema,
  dependsOn: [],
  expected: ({ statement }) => statement.samples.map((s) => unitSubject(s.id)),
})
