import {
  always,
  defineCriterion,
  evidence,
  gap,
  suspicion,
  violation,
  type Finding,
  type JudgeContext,
} from '../criterion.ts'
import { answerOf, isCut } from '../facts/answer.ts'
import { latin1 } from '../facts/bytes.ts'
import { httpPaths } from '../facts/catalogue.ts'
import { holdsPicture, proves, type Proof } from '../facts/leak.ts'
import { alike, looksGranted, saysNo, similarity } from '../facts/likeness.ts'
import type { HttpMessage } from '../facts/http-message.ts'
import { asksForPassword } from '../facts/http-text.ts'
import { refusesInBody } from '../facts/json-result.ts'
import { saysFailure } from '../facts/log-words.ts'
import { declaresProtected } from './declared-protected.ts'
import { bypassFindings } from './bypass-findings.ts'
import { kind, type HttpAnonymous, type HttpVisit } from '../observations/http-anonymous.ts'
import type { Exchange } from '../observations/exchange.ts'
import { obj } from '../schema.ts'

/**
 * Nothing that must be protected is given over HTTP to somebody who did not log in (EN 303 645 provision 5.1-3, 5.6-2).
 * An answer is no leak because it is 200: it is one when it holds what is protected.
 */
export const criterion = defineCriterion({
  id: 'authentication/no-anonymous-access',
  version: '1.2.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['factory-fresh', 'in-service'],
  parameters: obj({}),
  catalogues: ['http-paths'],
  applies: always,
  judge({ value }, context) {
    const proofs = new Map(httpPaths(context.catalogue('http-paths')).map((p) => [p.target, p.proof]))
    const decoys = value.visits.filter((v) => v.source === 'decoy').flatMap((v) => answerOf(v.anonymous) ?? [])
    const start = answerOf(value.opening)
    const findings = value.visits.flatMap((visit, i) => {
      const at = `/visits/${i}`
      if (visit.source === 'decoy') return []
      if (visit.access === 'protected') return declaredFindings(visit, at, { decoys, start }, context)
      return otherFindings(visit, at, decoys, proofs.get(visit.target) ?? proofOf(visit.holds), context)
    })
    return [...findings, ...bypassFindings(value, context), ...known(value, findings, context)]
  },
})

type Context = JudgeContext<unknown>

/** What the kind of a resource lets be recognised without its logged-in twin. */
const proofOf = (holds: string): Proof =>
  holds === 'snapshot' || holds === 'stream' ? { picture: true } : { secret: true }

/** A declared protected resource beside the same one logged in. */
function declaredFindings(
  visit: HttpVisit,
  at: string,
  { decoys, start }: { decoys: HttpMessage[]; start: HttpMessage | null },
  { cite, state, statement }: Context,
): Finding[] {
  const [anonymous, genuine] = [answerOf(visit.anonymous), answerOf(visit.genuine)]
  const values = { target: visit.target, holds: visit.holds }
  const cites = [cite(`${at}/anonymous`), cite(`${at}/genuine`)]
  if (anonymous === null || anonymous.status === 0) return [gap('no-answer', values, [cite(`${at}/anonymous`)])]
  if (proves(anonymous, proofOf(visit.holds)) === 'yes' && !isLike(anonymous, decoys))
    return [violation('protected-given', values, cites)]
  if (!looksGranted(genuine)) {
    const unused = state === 'factory-fresh' && statement.actions.initialise !== undefined
    return unused && (saysNo(anonymous) || refusesInBody(anonymous.body))
      ? [evidence('refused-before-set-up', values, cites)]
      : [gap('genuine-not-seen', values, cites)]
  }
  if (isLike(genuine, decoys)) return [gap('same-as-nothing', values, cites)]
  const likeness = alike(anonymous, genuine, null)
  if (likeness === 'granted') return [violation('protected-given', values, cites)]
  if (likeness === 'refused') return [evidence('protected-refused', values, cites)]
  const isOther = similarity(anonymous.body, genuine.body) < UNLIKE
  const isRefusal =
    anonymous.status >= 300 ||
    (!isCut(visit.anonymous) && (isLike(anonymous, start ? [...decoys, start] : decoys) || asksOrRefuses(anonymous)))
  return [isOther && isRefusal ? evidence('protected-refused', values, cites) : gap('unclear', values, cites)]
}

/** The page says no although its status says yes, or asks for the password. What changes with every read says neither. */
function asksOrRefuses({ body }: HttpMessage): boolean {
  return body.length === 0 || asksForPassword(body) || saysFailure(latin1(body))
}

/** Thousandths: the answer is something else than what is protected. */
const UNLIKE = 300
const SAME = 900

const isLike = (message: HttpMessage, decoys: HttpMessage[]): boolean =>
  decoys.some((d) => d.status === message.status && !holdsPicture(message) && similarity(d.body, message.body) >= SAME)

/** Public, undeclared and well-known paths: only what proves a leak by its content. */
function otherFindings(
  visit: HttpVisit,
  at: string,
  decoys: HttpMessage[],
  proof: Proof,
  { cite }: Context,
): Finding[] {
  const anonymous = answerOf(visit.anonymous)
  const values = { target: visit.target, holds: visit.holds }
  const isPublic = visit.access === 'public'
  if (anonymous === null || isLike(anonymous, decoys)) return []
  const found = proves(anonymous, isPublic ? { secret: true } : proof)
  const cites = [cite(`${at}/anonymous`)]
  if (found === 'masked') return [suspicion('masked-secret', values, cites)]
  if (found === 'no') return []
  return [violation(isPublic ? 'public-gives-secret' : 'undeclared-given', values, cites)]
}

/** What was asked in all: one sentence instead of forty. */
function known({ visits, complete }: HttpAnonymous, findings: Finding[], { cite, statement }: Context): Finding[] {
  const others = visits.filter((v) => v.access !== 'protected' && v.source !== 'decoy')
  const silent = others.filter(({ anonymous }) => isUnheard(anonymous) && !isClosed(anonymous)).length
  if (!complete) return [gap('incomplete', { asked: visits.length }, [cite('/visits')])]
  if (silent > 0) return [gap('paths-without-answer', { count: silent }, [cite('/visits')])]
  const given = findings.filter((f) => f.is === 'violation').length
  const isHanding = others.some((v) => v.access !== 'public' && looksGranted(answerOf(v.anonymous)))
  if (given === 0 && isHanding && !declaresProtected(statement, 'http'))
    return [gap('nothing-declared-protected', {}, [cite('/visits')])]
  return others.length > given
    ? [evidence('paths-give-nothing', { count: others.length - given }, [cite('/visits')])]
    : []
}

/** The device took the request, closed without a word, also when asked again, and went on to answer others: it gave nothing. */
const isClosed = ({ failure, rounds }: Exchange): boolean =>
  failure?.code === 'closed' && rounds.every(({ answer }) => answer.length === 0)

/** No answer, none of HTTP, or one with the status of success that was cut off. */
function isUnheard(exchange: Exchange): boolean {
  const answer = answerOf(exchange)
  return answer === null || answer.status === 0 || (looksGranted(answer) && isCut(exchange))
}
