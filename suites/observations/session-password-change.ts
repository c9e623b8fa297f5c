import { defineKind } from '../observation.ts'
import { bool, int, list, obj, oneOf, orNull, port, str, text, type Static } from '../schema.ts'
import { exchangeSchema } from './exchange.ts'
import { loginSubjects, sessionServices } from './log-ins.ts'

const schema = obj({
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  tls: bool(),
  target: str(),
  /** Id and user name of the spare account whose password is changed. */
  account: text(),
  user: str(),
  /** After so long without a request a session ends by itself; null where nothing is declared. */
  idleSeconds: orNull(int()),
  /** The request of the log-in without anything. */
  anonymous: exchangeSchema,
  /** The log-in with the old password: the page, where one is declared, and the log-in. */
  entry: list(exchangeSchema),
  /** With everything that this log-in gave. */
  opened: exchangeSchema,
  /** Meanwhile, the same target by the account that changes the password, logged in by itself; null where none is declared. */
  other: orNull(exchangeSchema),
  /** In the session, directly before the change. */
  before: exchangeSchema,
  /** A new random password is set. */
  change: exchangeSchema,
  /**
   * Directly after it, and again and again for a moment while one of these is not refused plainly: what was sent before, and
   * what the last answer had replaced it by, where it did. So short between them that no session ends by rest.
   */
  looks: list(list(exchangeSchema)),
  /** Then, without anything. */
  nobody: exchangeSchema,
  /** At last, a log-in with the new password. */
  fresh: obj({ entry: list(exchangeSchema), opened: exchangeSchema }),
})
export type SessionPasswordChange = Static<typeof schema>

/** What becomes of a session that began with a password which is changed then. */
export const kind = defineKind({
  id: 'session-password-change',
  version: '1.0.0',
  per: 'login',
  schema,
  dependsOn: [],
  expected: ({ statement }) =>
    statement.actions.changePassword ? loginSubjects(statement, sessionServices(statement)) : [],
})
