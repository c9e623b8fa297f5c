import type { Applies } from '../criterion.ts'
import { sessionLogins } from '../observations/log-ins.ts'
import type { Statement } from '../statement.ts'

/** A camera that is only asked by Basic or Digest has no sessions to keep. */
export function appliesWhereSessions(statement: Statement): Applies {
  if (!statement.services.some((s) => s.session))
    return { answer: 'no', why: { code: 'no-session-declared', values: {} } }
  return sessionLogins(statement).length > 0
    ? { answer: 'yes' }
    : { answer: 'unknown', why: { code: 'session-without-log-in', values: {} } }
}
