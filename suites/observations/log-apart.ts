import { bool, int, list, micros, obj, oneOf, orNull, str, text, type Static } from '../schema.ts'
import { exchangeSchema } from './exchange.ts'
import { logRecordSchema } from './log-records.ts'

/**
 * log-export: the log was taken out. clock: the clock stands elsewhere, and dates the records so. log-setting: a log server
 * is not sent to any more.
 */
export const APART = ['log-export', 'clock', 'log-setting'] as const
export type ApartWhat = (typeof APART)[number]

/** What a declared reading said. */
const reading = obj({ exchange: exchangeSchema, text: orNull(str()) })

/** An event with a time of its own, in which nothing else is changed: many devices say only that something was. */
export const apartSchema = obj({
  what: oneOf(...APART),
  at: micros(),
  /** Who acted, as the device knows them. */
  user: str(),
  sourceAddress: text(),
  /** The log channel whose server was changed; empty for other events. */
  channel: str(),
  exchange: exchangeSchema,
  /** The answer was the one that the statement names for an action that took effect. */
  confirmed: bool(),
  /** The setting, or the clock, before it and afterwards; null where nothing is changed. */
  before: orNull(reading),
  after: orNull(reading),
  /** The device's own log before the event and afterwards; null where none is declared. */
  api: orNull(obj({ before: exchangeSchema, after: exchangeSchema })),
  /** Where nothing had told of it by then: a log-in, and after a wait the own log once more. */
  control: orNull(obj({ login: exchangeSchema, later: orNull(exchangeSchema) })),
  until: micros(),
  /** What the channels brought from the event until then; a change was taken back afterwards. */
  records: list(logRecordSchema),
  left: int(),
})
export type LoggedApart = Static<typeof apartSchema>
