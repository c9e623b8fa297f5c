import type { Exchange } from '../observations/exchange.ts'
import { fromBase64 } from './bytes.ts'
import { parseMessage, type HttpMessage } from './http-message.ts'

/** The answer an exchange ended with; null where none came. */
export function answerOf(exchange: Exchange | null): HttpMessage | null {
  const last = exchange?.rounds.at(-1)
  if (!exchange || !last || exchange.failure !== null) return null
  return parseMessage(fromBase64(last.answer.raw), exchange.request.method)
}
