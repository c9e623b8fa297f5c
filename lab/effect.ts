import { answerOf } from '../suites/facts/answer.ts'
import { latin1 } from '../suites/facts/bytes.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import type { Action } from '../suites/statement.ts'

/** Whether an action took effect: the text the statement names, else a success status that is no refusal of the log-in. */
export function tookEffect(action: Action, exchange: Exchange): boolean {
  const answer = answerOf(exchange)
  if (!answer || answer.status < 200 || answer.status >= 300) return false
  return action.done === undefined || latin1(answer.body).includes(action.done)
}
