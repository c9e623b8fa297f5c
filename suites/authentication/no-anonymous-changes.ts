import { always, defineCriterion, evidence, gap, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { latin1 } from '../facts/bytes.ts'
import { onvifWrites } from '../facts/catalogue.ts'
import type { HttpMessage } from '../facts/http-message.ts'
import { asksForPassword, bodyHolds } from '../facts/http-text.ts'
import { deniesInBody, refusesInBody } from '../facts/json-result.ts'
import { saysFailure } from '../facts/log-words.ts'
import { onvifOutcome } from '../facts/onvif.ts'
import { soapOf } from '../facts/soap.ts'
import { kind, type AnonymousChanges } from '../observations/anonymous-changes.ts'
import { onvifServices } from '../observations/onvif-endpoints.ts'
import { obj } from '../schema.ts'

/**
 * Nothing is changed by somebody who did not log in (EN 303 645 provision 5.5-5; ONVIF Core, access class WRITE_SYSTEM).
 * A refusal counts only beside the same request by the administrator, which worked right after it.
 */
export const criterion = defineCriterion({
  id: 'authentication/no-anonymous-changes',
  version: '1.0.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: ['onvif-operations'],
  applies: always,
  judge({ value }, context) {
    const { cite, statement } = context
    const findings = [
      ...value.actions.map((one, i) => actionFinding(one, `/actions/${i}`, context)),
      ...value.sets.flatMap((one, i) => setFindings(one, `/sets/${i}`, context)),
    ]
    const isSpoken = onvifServices(statement).length > 0
    const isCompared = value.sets.some(({ operation, genuine }) => carriedOut(operation, answerOf(genuine)))
    if (isSpoken && !isCompared) findings.push(gap('sets-unproven', {}, [cite('/sets')]))
    if (findings.length === 0) findings.push(gap('nothing-declared', {}, [cite('/actions'), cite('/sets')]))
    if (!value.complete) findings.push(gap('incomplete', {}, [cite('/actions'), cite('/sets')]))
    return findings
  },
})

type Context = JudgeContext<unknown>

/** A declared action. Where anything gets the text that shows success, that text shows nothing. */
function actionFinding(one: AnonymousChanges['actions'][number], at: string, { cite }: Context): Finding {
  const { id, done, nobody, decoy, administrator } = one
  const cites = [cite(`${at}/nobody`), cite(`${at}/administrator`)]
  const values = { action: id }
  const [answer, good] = [answerOf(nobody), answerOf(administrator)]
  if (answer !== null && bodyHolds(nobody, done)) {
    const isSaidToAll = bodyHolds(decoy, done) || answer.status >= 300 || refusesInBody(answer.body)
    return isSaidToAll
      ? gap('says-done-to-all', values, [...cites, cite(`${at}/decoy`)])
      : violation('nobody-does', values, cites)
  }
  if (good === null || !bodyHolds(administrator, done)) return gap('action-unproven', values, cites)
  return answer !== null && isRefused(answer, good)
    ? evidence('nobody-may-not', { ...values, status: answer.status }, cites)
    : gap('unclear', values, cites)
}

/** Answers of the 4xx class that say nothing of who asked (RFC 9110 section 15.5.9, RFC 8470, RFC 6585 section 4). */
const NOT_NOW = [408, 425, 429]

/** Without the text of success beside an answer that has it: sent elsewhere, told no, or asked for the password. */
const isRefused = ({ status, body }: HttpMessage, good: HttpMessage): boolean =>
  (status >= 300 && status < 500 && !NOT_NOW.includes(status)) ||
  (status < 300 && (deniesInBody(body, good.body) || asksForPassword(body) || saysFailure(latin1(body))))

/** Success of an operation that sets is a response with nothing in it. */
const carriedOut = (operation: string, message: HttpMessage | null): boolean =>
  ['given', 'empty'].includes(onvifOutcome(operation, 'device', message))

/**
 * An operation that the device does not have says nothing. A fault of the sender is a refusal where the same message with
 * a log-in is carried out: the log-in is what was missing (SOAP 1.2 part 1, section 5.4.6).
 */
function setFindings(one: AnonymousChanges['sets'][number], at: string, { cite, catalogue }: Context): Finding[] {
  const { operation } = one
  const access = onvifWrites(catalogue('onvif-operations')).find((w) => w.operation === operation)?.access
  if (access === undefined) return []
  const values = { operation, access }
  const cites = [cite(`${at}/nobody`), cite(`${at}/genuine`)]
  const answer = answerOf(one.nobody)
  if (carriedOut(operation, answer)) return [violation('nobody-sets', values, cites)]
  if (!carriedOut(operation, answerOf(one.genuine))) return []
  const said = soapOf(answer)
  const isFault = said.is === 'fault' && ['Sender', 'Client'].includes(said.codes[0]?.name ?? '')
  return onvifOutcome(operation, 'device', answer) === 'refused' || isFault
    ? [evidence('nobody-may-not-set', values, cites)]
    : [gap('set-unclear', values, cites)]
}
