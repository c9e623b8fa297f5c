import type { Exchange } from '../observations/exchange.ts'
import { fromBase64 } from './bytes.ts'
import { parseMessage, type HttpMessage } from './http-message.ts'

/** The answer an exchange ended with; null where none came. */
export function answerOf(exchange: Exchange | null): HttpMessage | null {
  const last = exchange?.rounds.at(-1)
  if (!exchange || !last || exchange.failure !== null) return null
  return parseMessage(fromBase64(last.answer.raw), exchange.request.method)
}

/** The log-in is a page's, not a challenge's. */
export const isByForm = ({ request }: Exchange): boolean => request.scheme === 'form' || request.scheme === 'browser'

/** The round in which the password itself was answered: of a log-in by form the one before the request that was made with it. */
export const passwordRound = (exchange: Exchange): Exchange['rounds'][number] | null =>
  exchange.rounds.at(isByForm(exchange) && exchange.failure === null ? -2 : -1) ?? null

/** What was said to the password itself; null where nothing was. */
export function passwordAnswer(exchange: Exchange): HttpMessage | null {
  const round = passwordRound(exchange)
  return round && exchange.failure === null ? parseMessage(fromBase64(round.answer.raw), exchange.request.method) : null
}

/** The end of the last answer did not come: what is missing might be what is looked for. */
export const isCut = ({ rounds }: Exchange): boolean => ['timeout', 'reset'].includes(rounds.at(-1)?.answer.end ?? '')
