import { defineKind } from '../observation.ts'
import { bool, int, list, micros, obj, orNull, type Static } from '../schema.ts'
import { unitSubject } from '../subject.ts'
import { logEventSchema } from './event-log.ts'
import { exchangeSchema } from './exchange.ts'
import { logChannelSchema, logRecordSchema } from './log-records.ts'

export const rebootLogSchema = obj({
  /** The statement declares how to reboot, and a channel or a log that can be read. */
  declared: bool(),
  channels: list(logChannelSchema),
  quiet: orNull(obj({ from: micros(), to: micros() })),
  /** A log-in, the reboot, and a log-in once the device answers again. */
  events: list(logEventSchema),
  /** The door of the log-in was seen closed from here, or a proxy said that nobody is behind it, and open again; null where it never was. */
  closed: orNull(micros()),
  open: orNull(micros()),
  /** The device's own log: before the first log-in, before the reboot, and after the last log-in. */
  api: orNull(obj({ first: exchangeSchema, before: exchangeSchema, after: exchangeSchema })),
  until: orNull(micros()),
  records: list(logRecordSchema),
  left: int(),
})
export type RebootLog = Static<typeof rebootLogSchema>

/** What the device's logs held before and after a reboot. */
export const kind = defineKind({
  id: 'reboot-log',
  version: '1.0.0',
  per: 'unit',
  schema: rebootLogSchema,
  dependsOn: [],
  expected: ({ statement }) => statement.samples.map((s) => unitSubject(s.id)),
})
