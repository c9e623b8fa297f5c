import { gap, type Cite, type Finding } from '../criterion.ts'
import { carriersOf, isProven } from '../facts/session.ts'
import type { Sessions } from '../observations/sessions.ts'

/** What keeps every criterion about sessions from saying anything; empty where the session and what carries it are known. */
export function unknownSession(value: Sessions, cite: (at: string) => Cite): Finding[] {
  if (!isProven(value)) return [gap('log-in-unproven', {}, [cite('/first/opened'), cite('/anonymous')])]
  return carriersOf(value).parts.length === 0 ? [gap('carrier-unknown', {}, [cite('/first/parts')])] : []
}
