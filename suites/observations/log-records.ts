import { base64, bool, micros, obj, oneOf, orNull, port, str, text, type Static } from '../schema.ts'
import { exchangeSchema } from './exchange.ts'

/** A declared log channel with a receiver of the lab at its end. */
export const logChannelSchema = obj({
  id: text('of the statement'),
  protocol: oneOf('syslog-udp', 'syslog-tcp', 'syslog-tls'),
  port: port(),
  /** The lab's receiver was open from before the quiet window until the end. */
  receiving: bool(),
  /** Where the device sent its records before, as it said; null where nothing reads it. */
  before: orNull(str()),
  /** What pointed the device at the receiver; null where it is declared to point there already. */
  enable: orNull(exchangeSchema),
  /** The setting as the device said it afterwards. */
  after: orNull(str()),
})
export type LogChannelSeen = Static<typeof logChannelSchema>

/** A record that a channel brought to the lab. */
export const logRecordSchema = obj({
  at: micros('arrival at the lab'),
  from: text('address of the sender'),
  channel: text(),
  raw: base64('the record as it came, without its framing, secrets redacted'),
})
export type ReceivedRecord = Static<typeof logRecordSchema>
