import type { Exchange } from '../observations/exchange.ts'
import type { Sessions } from '../observations/sessions.ts'
import { answerOf, isCut } from './answer.ts'
import { alike, looksGranted, type Likeness } from './likeness.ts'
import { isTakenBack, setCookiesOf, type SetCookie } from './set-cookie.ts'

export type Part = Sessions['first']['parts'][number]

/**
 * Judges an answer to the request of the log-in beside those with everything and with nothing. What was cut off, or looks
 * granted where the known refusal does not, is no refusal.
 */
export const outcomeBeside =
  (opened: Exchange, anonymous: Exchange) =>
  (exchange: Exchange | null): Likeness => {
    const [good, bad, answer] = [answerOf(opened), answerOf(anonymous), answerOf(exchange)]
    if (exchange === null || answer === null || bad === null || !looksGranted(good)) return 'unclear'
    const outcome = alike(answer, good, bad)
    const isDoubtful = isCut(exchange) || (looksGranted(answer) && !looksGranted(bad))
    return outcome === 'refused' && isDoubtful ? 'unclear' : outcome
  }

export const outcomeIn = ({ first, anonymous }: Sessions) => outcomeBeside(first.opened, anonymous)

/** The log-in opens what is closed without it. */
export const isProven = (value: Sessions): boolean => {
  const outcome = outcomeIn(value)
  return outcome(value.first.opened) === 'granted' && outcome(value.anonymous) === 'refused'
}

/**
 * What carries the session. `needed`: without any one of these the request is refused, although the session goes on;
 * `enough`: nothing is needed, and each of these opens alone. Never told by a name. Empty where neither was seen.
 */
export function carriersOf(value: Sessions): { how: 'needed' | 'enough'; parts: (Part & { at: string })[] } {
  const outcome = outcomeIn(value)
  const parts = value.first.parts.map((p, i) => ({ ...p, at: `/first/parts/${i}` }))
  const needed = parts.filter((p) => outcome(p.without) === 'refused' && outcome(p.after) === 'granted')
  return needed.length > 0
    ? { how: 'needed', parts: needed }
    : { how: 'enough', parts: parts.filter((p) => outcome(p.alone) === 'granted') }
}

/** Cookies of a name that an answer sets. */
export const liveCookies = (exchange: Exchange, name: string): SetCookie[] => {
  const answer = answerOf(exchange)
  return answer === null ? [] : setCookiesOf(answer).filter((c) => c.name === name && !isTakenBack(c))
}

/** Every log-in that began with nothing, in order. */
export const freshLogIns = ({ first, more }: Sessions) => [
  { entry: first.entry, opened: first.opened, at: '/first' },
  ...more.map((m, i) => ({ ...m, at: `/more/${i}` })),
]

/** A later log-in opened the door as well: it is not closed for everybody. */
export const opensLater = (value: Sessions): boolean =>
  value.more.some(({ opened }) => outcomeIn(value)(opened) === 'granted')
