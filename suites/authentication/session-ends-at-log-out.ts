import { defineCriterion, evidence, gap, suspicion, violation } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { saysNo } from '../facts/likeness.ts'
import type { HttpMessage } from '../facts/http-message.ts'
import { carriersOf, opensLater, outcomeIn } from '../facts/session.ts'
import { isTakenBack, setCookiesOf } from '../facts/set-cookie.ts'
import { kind, type Sessions } from '../observations/sessions.ts'
import { obj } from '../schema.ts'
import { appliesWhereSessions } from './session-declared.ts'
import { unknownSession } from './session.ts'

/**
 * What a log-in gave opens nothing after the log-out (EN 303 645 provision 5.1-3): the device forgets the session, not
 * the browser alone. It must have worked directly before, and new log-ins must work afterwards.
 */
export const criterion = defineCriterion({
  id: 'authentication/session-ends-at-log-out',
  version: '1.0.0',
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
    const { before, out, left, replayed } = value.first
    if (out === null || replayed.length === 0) return [gap('no-log-out', {}, [cite('/first/out')])]
    const cites = [cite('/first/before'), cite('/first/out'), cite('/first/replayed')]
    if (outcome(before) !== 'granted') return [gap('lost-before', {}, cites)]
    const answer = answerOf(out)
    if (answer === null || saysNo(answer) || answer.status < 200 || answer.status >= 400)
      return [gap('log-out-refused', { status: answer?.status ?? 0 }, cites)]
    const outcomes = replayed.map(outcome)
    if (outcomes.includes('granted'))
      // Where the browser is not let go either, the log-out may be declared wrongly.
      return outcome(left) === 'refused' || letsGo(value, answer)
        ? [violation('alive', {}, [...cites, cite('/first/left')])]
        : [suspicion('without-effect', {}, [...cites, cite('/first/left')])]
    return outcomes.every((o) => o === 'refused') && opensLater(value)
      ? [evidence('dead', {}, [...cites, cite('/more')])]
      : [gap('unclear', {}, [...cites, cite('/more')])]
  },
})

/** A cookie for a moment only: some servers take one back so (mod_auth_form). */
const MOMENT = /^0*[0-5]$/

/** The answer takes a cookie that carries the session from the browser. */
function letsGo(value: Sessions, answer: HttpMessage): boolean {
  const names = carriersOf(value).parts.flatMap((p) => (p.is === 'cookie' ? [p.name] : []))
  const set = setCookiesOf(answer).filter((c) => names.includes(c.name))
  return set.some((c) => isTakenBack(c) || MOMENT.test(c.maxAge ?? ''))
}
