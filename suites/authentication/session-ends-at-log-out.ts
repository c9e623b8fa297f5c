import { defineCriterion, evidence, gap, suspicion, violation, type Cite, type Finding } from '../criterion.ts'
import { answerOf, isCut } from '../facts/answer.ts'
import { deniesInBody, refusesInBody } from '../facts/json-result.ts'
import { saysNo } from '../facts/likeness.ts'
import type { HttpMessage } from '../facts/http-message.ts'
import { carriersOf, opensLater, outcomeIn } from '../facts/session.ts'
import { isTakenBack, setCookiesOf } from '../facts/set-cookie.ts'
import type { Exchange } from '../observations/exchange.ts'
import { kind, type Sessions } from '../observations/sessions.ts'
import { obj } from '../schema.ts'
import { appliesWhereSessions } from './session-declared.ts'
import { unknownSession } from './session.ts'

/**
 * What a log-in gave opens nothing after the log-out, and gives nothing new that does (EN 303 645 provision 5.1-3): the
 * device forgets the session, not the browser alone. It must have worked directly before, and new log-ins must work
 * afterwards.
 */
export const criterion = defineCriterion({
  id: 'authentication/session-ends-at-log-out',
  version: '1.1.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: appliesWhereSessions,
  judge({ value }, { cite }) {
    const unknown = unknownSession(value, cite)
    if (unknown.length > 0) return unknown
    const outcome = outcomeIn(value)
    const { before, out, left, replayed, elsewhere } = value.first
    if (out === null || replayed.length === 0) return [gap('no-log-out', {}, [cite('/first/out')])]
    const cites = [cite('/first/before'), cite('/first/out'), cite('/first/replayed')]
    if (outcome(before) !== 'granted') return [gap('lost-before', {}, cites)]
    const answer = answerOf(out)
    if (answer === null || !isDone(answer)) return [gap('log-out-refused', { status: answer?.status ?? 0 }, cites)]
    const outcomes = replayed.map(outcome)
    if (outcomes.includes('granted')) {
      // Where the browser is not let go either, the log-out may be declared wrongly.
      if (outcome(left) === 'refused' || letsGo(value, answer))
        return [violation('alive', {}, [...cites, cite('/first/left')])]
      return isKnown(value, answer, elsewhere ?? null)
        ? [violation('token-alive', {}, [...cites, cite('/first/elsewhere')])]
        : [suspicion('without-effect', {}, [...cites, cite('/first/left')])]
    }
    return outcomes.every((o) => o === 'refused') && opensLater(value)
      ? [evidence('dead', {}, [...cites, cite('/more')]), ...renewalFindings(value, cite)]
      : [gap('unclear', {}, [...cites, cite('/more')])]
  },
})

const isDone = (answer: HttpMessage): boolean => !saysNo(answer) && answer.status >= 200 && answer.status < 400

/** A cookie for a moment only: some servers take one back so (mod_auth_form). */
const MOMENT = /^0*[0-5]$/

/** The answer takes a cookie that carries the session from the browser. */
function letsGo(value: Sessions, answer: HttpMessage): boolean {
  const names = carriersOf(value).parts.flatMap((p) => (p.is === 'cookie' ? [p.name] : []))
  const set = setCookiesOf(answer).filter((c) => names.includes(c.name))
  return set.some((c) => isTakenBack(c) || MOMENT.test(c.maxAge ?? ''))
}

/**
 * A token, which no answer takes from who holds it: the device says yes to the log-out and no to the same request beside
 * it, so that the declared target is one that it knows.
 */
function isKnown(value: Sessions, answer: HttpMessage, elsewhere: Exchange | null): boolean {
  const beside = answerOf(elsewhere)
  if (beside === null || elsewhere === null || isCut(elsewhere) || answer.status >= 300) return false
  if (refusesInBody(answer.body) || !carriersOf(value).parts.every((p) => p.is === 'token')) return false
  return [400, 404, 405, 501].includes(beside.status) || deniesInBody(beside.body, answer.body)
}

/** Refusals for what was sent rather than for how often, or for now. */
const saysNever = (answer: HttpMessage | null): boolean =>
  answer !== null &&
  (refusesInBody(answer.body) ||
    (answer.status >= 400 && answer.status < 500 && ![408, 425, 429].includes(answer.status)))

/** What new tokens are had by gives none after the log-out, where it did before and that of another log-in does later. */
function renewalFindings(value: Sessions, cite: (at: string) => Cite): Finding[] {
  const { renewal } = value
  if (!renewal) return []
  const outcome = outcomeIn(value)
  const { out, after } = renewal
  const cites = [cite('/renewal/before'), cite('/renewal/out'), cite('/renewal/after')]
  if (outcome(renewal.before.at(-1)?.opened ?? null) !== 'granted') return [gap('renewal-unproven', {}, cites)]
  const answer = answerOf(out)
  if (answer === null || !isDone(answer)) return [gap('log-out-refused', { status: answer?.status ?? 0 }, cites)]
  if (after === null) return [gap('renewal-unclear', {}, cites)]
  if (outcome(after.opened) === 'granted') return [violation('renewed-after', {}, cites)]
  const isRefused =
    (after.opened === null || outcome(after.opened) === 'refused') &&
    !isCut(after.asked) &&
    saysNever(answerOf(after.asked))
  return isRefused && outcome(renewal.later?.opened ?? null) === 'granted'
    ? [evidence('renewal-dead', {}, [...cites, cite('/renewal/later')])]
    : [gap('renewal-unclear', {}, [...cites, cite('/renewal/later')])]
}
