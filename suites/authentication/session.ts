import { gap, type Applies, type Cite, type Finding } from '../criterion.ts'
import { carriersOf, isProven } from '../facts/session.ts'
import { sessionLogins } from '../observations/log-ins.ts'
import type { Sessions } from '../observations/sessions.ts'
import type { Statement } from '../statement.ts'

/** A camera that is only asked by Basic or Digest has no sessions to keep. */
export function appliesWhereSessions(statement: Statement): Applies {
  if (!statement.services.some((s) => s.session))
    return { answer: 'no', why: { code: 'no-session-declared', values: {} } }
  return sessionLogins(statement).length > 0
    ? { answer: 'yes' }
    : { answer: 'unknown', why: { code: 'session-without-log-in', values: {} } }
}

/** What keeps every criterion about sessions from saying anything; empty where the session and what carries it are known. */
export function unknownSession(value: Sessions, cite: (at: string) => Cite): Finding[] {
  if (!isProven(value)) return [gap('log-in-unproven', {}, [cite('/first/opened'), cite('/anonymous')])]
  return carriersOf(value).parts.length === 0 ? [gap('carrier-unknown', {}, [cite('/first/parts')])] : []
}
