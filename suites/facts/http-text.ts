import type { Exchange } from '../observations/exchange.ts'
import { answerOf } from './answer.ts'
import { latin1 } from './bytes.ts'

/** The body of the last answer, Latin-1; null where no answer came. */
export function bodyText(exchange: Exchange | null): string | null {
  const answer = answerOf(exchange)
  return answer ? latin1(answer.body) : null
}

/** The answer holds the text that shows, by the statement, that a request took effect; nothing declared, nothing shown. */
export function bodyHolds(exchange: Exchange, done: string | null): boolean {
  return done !== null && (bodyText(exchange)?.includes(done) ?? false)
}

const PASSWORD_FIELD = /<input\b[^>]{0,200}\btype\s*=\s*["']?password/i

/** The page asks for a password. */
export const asksForPassword = (body: Uint8Array): boolean => PASSWORD_FIELD.test(latin1(body))
