import { defineCriterion, evidence, gap, suspicion, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import type { HttpMessage } from '../facts/http-message.ts'
import { refusesInBody } from '../facts/json-result.ts'
import { alike, looksGranted, pictureOf, saysNo, similarity } from '../facts/likeness.ts'
import { parseSdp } from '../facts/sdp.ts'
import { kind, type FirstUse } from '../observations/first-use.ts'
import { obj } from '../schema.ts'

/** Thousandths: two answers are the same page. */
const SAME = 900

/**
 * Out of its box a device gives nothing but its first set-up, in which the owner chooses a password: nothing protected
 * is given to anybody, and a published password opens nothing before it has been changed (EN 303 645 provision 5.1-1;
 * Decision 724: the initial password is changed at first use).
 */
export const criterion = defineCriterion({
  id: 'authentication/first-use-password-change',
  version: '1.0.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['factory-fresh'],
  parameters: obj({}),
  catalogues: [],
  applies: ({ samples }) =>
    samples.some((s) => s.arrives === 'factory-fresh')
      ? { answer: 'yes' }
      : { answer: 'unknown', why: { code: 'no-fresh-sample', values: {} } },
  judge({ value }, context) {
    const { cite, statement } = context
    if (value.visits.length === 0) return [gap('nothing-declared', {}, [cite('/visits')])]
    const findings = value.visits.flatMap((visit, i) => visitFindings(visit, `/visits/${i}`, value, context))
    if (!value.complete) findings.push(gap('incomplete', { count: value.visits.length }, [cite('/visits')]))
    const silent = value.starts.filter((s) => answerOf(s.before) === null || answerOf(s.after) === null)
    if (silent.length > 0) findings.push(gap('start-page-silent', { count: silent.length }, [cite('/starts')]))
    if (statement.actions.initialise === undefined) findings.push(gap('no-set-up-declared', {}, [cite('/visits')]))
    return findings
  },
})

/** One protected thing: given to nobody, and to no published password. */
function visitFindings(
  visit: FirstUse['visits'][number],
  at: string,
  { starts }: FirstUse,
  { cite }: JudgeContext<unknown>,
): Finding[] {
  const { target } = visit
  const anonymous = answerOf(visit.anonymous)
  if (anonymous === null) return [gap('no-answer', { target }, [cite(`${at}/anonymous`)])]
  const { status } = anonymous
  const findings: Finding[] = []
  for (const [i, exchange] of visit.published.entries()) {
    const answer = answerOf(exchange)
    const { user = '', secret = '' } = exchange.request.credential ?? {}
    const cites = [cite(`${at}/published/${i}`), cite(`${at}/anonymous`)]
    if (answer === null) findings.push(gap('no-answer', { target }, cites))
    else if (looksGranted(answer) && alike(answer, answer, anonymous) === 'granted')
      findings.push(violation('published-works', { target, user, password: secret }, cites))
  }
  const isSetUpPage = starts.some((s) => isSame(anonymous, answerOf(s.before)))
  if (saysNo(anonymous) || refusesInBody(anonymous.body) || (status >= 300 && status < 400) || isSetUpPage)
    findings.push(evidence('refused', { target, status }, [cite(`${at}/anonymous`)]))
  else if (looksGranted(anonymous))
    findings.push((isProof(anonymous) ? violation : suspicion)('given', { target }, [cite(`${at}/anonymous`)]))
  else findings.push(gap('unclear', { target, status }, [cite(`${at}/anonymous`)]))
  return findings
}

const isSame = (a: HttpMessage, b: HttpMessage | null): boolean =>
  b !== null && a.status === b.status && a.body.length > 0 && similarity(a.body, b.body) >= SAME

/** A picture or a session description is what a log-in protects, whatever else the page says. */
const isProof = ({ body }: HttpMessage): boolean => pictureOf(body) !== null || parseSdp(body) !== null
