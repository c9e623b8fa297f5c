import { answerOf } from './answer.ts'
import { latin1 } from './bytes.ts'
import type { Exchange } from '../observations/exchange.ts'

const REFUSED = new Set([401, 403])

/**
 * A log-in was refused: its answer differs from the answers to the right password in what a refusal differs in, the
 * status or, where those lie, the content, provided that good answers are equal among themselves.
 */
export function wasRefused(exchange: Exchange, good: readonly Exchange[]): boolean {
  const answer = answerOf(exchange)
  const accepted = good.map(answerOf).filter((a) => a !== null)
  const [known] = accepted
  if (!answer || !known || answer.protocol === '' || accepted.length < 2) return false
  if (accepted.some((a) => a.status !== known.status || REFUSED.has(a.status) || a.status >= 400)) return false
  if (answer.status !== known.status) return REFUSED.has(answer.status) || answer.status >= 300
  const bodies = new Set(accepted.map((a) => latin1(a.body)))
  return bodies.size === 1 && !bodies.has(latin1(answer.body))
}

/** Every right log-in was answered like the others, and not by a refusal. */
export function wereAccepted(good: readonly Exchange[]): boolean {
  const answers = good.map(answerOf)
  return (
    answers.length > 0 &&
    answers.every((a) => a !== null && a.status > 0 && a.status < 400 && a.status === answers[0]?.status)
  )
}
