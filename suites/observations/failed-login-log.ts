import { defineKind } from '../observation.ts'
import { base64, bool, int, list, micros, obj, oneOf, orNull, port, str, text, type Static } from '../schema.ts'
import { loginSubject } from '../subject.ts'
import { exchangeSchema } from './exchange.ts'

export const channelSchema = obj({
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

const event = obj({
  id: text(),
  /** accepted: the right password. unknown-user: a random user name. wrong-password: a user who exists. */
  what: oneOf('accepted', 'unknown-user', 'wrong-password'),
  at: micros(),
  user: str(),
  sourceAddress: text(),
  exchange: exchangeSchema,
})

export const recordSchema = obj({
  at: micros('arrival at the lab'),
  from: text('address of the sender'),
  channel: text(),
  raw: base64('the record as it came, without its framing, secrets redacted'),
})

export const failedLoginLogSchema = obj({
  /** The statement declares at least one channel. */
  declared: bool(),
  channels: list(channelSchema),
  /** Nothing was asked of the device in this window. Null where there was nothing to watch. */
  quiet: orNull(obj({ from: micros(), to: micros() })),
  events: list(event),
  /** The end of the wait for late records; what comes afterwards may speak of putting settings back. */
  until: orNull(micros()),
  records: list(recordSchema),
  /** Records that came and are not in the list, for its length. */
  left: int(),
})
export type FailedLoginLog = Static<typeof failedLoginLogSchema>

/** What the device's log channels brought to the lab around successful and failed log-ins. */
export const kind = defineKind({
  id: 'failed-login-log',
  version: '1.0.0',
  per: 'login',
  schema: failedLoginLogSchema,
  dependsOn: [],
  // One log-in of each service: what is recorded does not depend on whose account is named first.
  expected: ({ statement }) =>
    statement.samples.flatMap((s) =>
      statement.logins
        .filter((l, i) => statement.logins.findIndex((x) => x.service === l.service) === i)
        .map((l) => loginSubject(s.id, l.id)),
    ),
})
