import type { Exchange } from '../observations/exchange.ts'
import { fromBase64 } from './bytes.ts'
import { parseMessage, type HttpMessage } from './http-message.ts'

/** The answer an exchange ended with; null where none came. */
export function answerOf(exchange: Exchange | null): HttpMessage | null {
  const last = exchange?.rounds.at(-1)
  if (!exchange || !last || exchange.failure !== null) return null
  return parseMessage(fromBase64(last.answer.raw), exchange.request.method)
}

/** A proxy says that the device behind it does not answer (RFC 9110 sections 15.6.3 to 15.6.5), or the device that it does not serve. */
export const saysAway = (exchange: Exchange): boolean => [502, 503, 504].includes(answerOf(exchange)?.status ?? 0)

/** Nothing is heard of the device itself. */
export const isSilent = (exchange: Exchange): boolean =>
  ['timeout', 'unreachable'].includes(exchange.failure?.code ?? '') || saysAway(exchange)

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
