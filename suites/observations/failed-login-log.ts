import { defineKind } from '../observation.ts'
import { bool, int, list, micros, obj, oneOf, opt, orNull, str, text, type Static } from '../schema.ts'
import { loginSubject } from '../subject.ts'
import { exchangeSchema } from './exchange.ts'
import { logChannelSchema, logRecordSchema } from './log-records.ts'
import { remoteAttemptSchema } from './remote-credentials.ts'
import { REMOTE_PROTOCOLS } from './remote-endpoints.ts'

const event = obj({
  id: text(),
  /** accepted: the right password. unknown-user: a random user name. wrong-password: a user who exists. */
  what: oneOf('accepted', 'unknown-user', 'wrong-password'),
  at: micros(),
  user: str(),
  sourceAddress: text(),
  /** Null where the log-in is neither over HTTP nor RTSP. */
  exchange: orNull(exchangeSchema),
  remote: opt(obj({ protocol: oneOf(...REMOTE_PROTOCOLS), attempt: remoteAttemptSchema })),
})

export const failedLoginLogSchema = obj({
  /** The statement declares a channel or a log that can be read. */
  declared: bool(),
  channels: list(logChannelSchema),
  /** Nothing was asked of the device in this window. Null where there was nothing to watch. */
  quiet: orNull(obj({ from: micros(), to: micros() })),
  events: list(event),
  /** The device's own log: before the first log-in, after it and before the first that fails, and at the end. */
  api: opt(obj({ first: exchangeSchema, before: exchangeSchema, after: exchangeSchema })),
  /** The end of the wait for late records; what comes afterwards may speak of putting settings back. */
  until: orNull(micros()),
  records: list(logRecordSchema),
  /** Records that came and are not in the list, for its length. */
  left: int(),
})
export type FailedLoginLog = Static<typeof failedLoginLogSchema>

/** What the device's log channels brought to the lab, and what its own log gained, around successful and failed log-ins. */
export const kind = defineKind({
  id: 'failed-login-log',
  version: '1.2.0',
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
