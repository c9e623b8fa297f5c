import { defineCriterion, evidence, gap, suspicion, violation, type Finding } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { onvifOperations } from '../facts/catalogue.ts'
import { onvifOutcome, sameFault, speaksOnvif, type OnvifOutcome } from '../facts/onvif.ts'
import { onvifAt } from '../observations/onvif-endpoints.ts'
import { kind, type OnvifAsked } from '../observations/onvif-operations.ts'
import { obj } from '../schema.ts'
import { appliesWhereOnvif, undeclaredOnvif } from './onvif.ts'

/**
 * ONVIF gives nothing to somebody who did not log in but what its access classes leave open (PRE_AUTH; ONVIF Core, default
 * access policy; EN 303 645 provision 5.1-3). A refusal counts only where the operation works with a log-in. Before the
 * first set-up there is nobody who could log in: judged in service.
 */
export const criterion = defineCriterion({
  id: 'authentication/onvif-operations-protected',
  version: '1.0.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: ['onvif-operations'],
  applies: (statement) => appliesWhereOnvif(statement),
  contradicts: undeclaredOnvif,
  judge({ value }, { statement, subject, cite, catalogue }) {
    const { port, target } = value
    const opening = answerOf(value.opening)
    if (opening === null) return [gap('no-answer', { port }, [cite('/opening')])]
    if (!speaksOnvif(opening))
      return onvifAt(statement, subject) === null
        ? [evidence('no-onvif', { port, target }, [cite('/opening')])]
        : [gap('declared-silent', { port, target }, [cite('/opening')])]
    const classes = new Map(
      onvifOperations(catalogue('onvif-operations')).map((o) => [`${o.service} ${o.operation}`, o.access]),
    )
    const findings: Finding[] = []
    const refused: { at: string; access: string }[] = []
    for (const [i, one] of value.asked.entries()) {
      const access = classes.get(`${one.service} ${one.operation}`)
      if (access === undefined || access === OPEN) continue
      const at = `/asked/${i}`
      const values = { operation: one.operation, access }
      const said = saidOf(one)
      const cites = [cite(`${at}/anonymous`), ...(one.genuine ? [cite(`${at}/genuine`)] : [])]
      if (said === 'given') findings.push(violation('given', values, cites))
      else if (said === 'given-to-wrong') findings.push(violation('given-to-wrong', values, [cite(`${at}/wrong`)]))
      else if (said === 'empty') findings.push(suspicion('empty', values, cites))
      else if (said === 'unclear') findings.push(gap('unclear', values, cites))
      else if (said === 'refused') refused.push({ at, access })
    }
    if (!value.complete) findings.push(gap('incomplete', { asked: value.asked.length }, [cite('/asked')]))
    if (refused.length > 0)
      findings.push(
        evidence(
          'refused',
          { count: refused.length },
          refused.flatMap(({ at }) => [cite(`${at}/anonymous`), cite(`${at}/genuine`)]),
        ),
      )
    const secrets = value.asked.some((one) => classes.get(`${one.service} ${one.operation}`) === SECRET && works(one))
    if (!secrets) findings.push(gap('none-comparable', {}, [cite('/asked')]))
    return findings
  },
})

const OPEN = 'PRE_AUTH'
/** Every ONVIF device has one of these: its list of users. */
const SECRET = 'READ_SYSTEM_SECRET'

const outcomesOf = (one: OnvifAsked): Record<'anonymous' | 'wrong' | 'genuine', OnvifOutcome | null> => {
  const of = (exchange: OnvifAsked['wrong']) => exchange && onvifOutcome(one.operation, one.service, answerOf(exchange))
  return { anonymous: of(one.anonymous), wrong: of(one.wrong), genuine: of(one.genuine) }
}

const works = (one: OnvifAsked): boolean => ['given', 'empty'].includes(outcomesOf(one).genuine ?? '')

/**
 * What the answers to one operation come to. A fault that names no reason is a refusal where a wrong log-in gets the same
 * and the right one does not; without a right one that works, only what was given away counts.
 */
function saidOf(one: OnvifAsked): 'given' | 'given-to-wrong' | 'empty' | 'refused' | 'unclear' | 'not-offered' {
  const { anonymous, wrong } = outcomesOf(one)
  if (anonymous === 'given') return 'given'
  if (wrong === 'given') return 'given-to-wrong'
  if (anonymous === 'empty' || wrong === 'empty') return 'empty'
  if (!works(one)) return 'not-offered'
  const isSame = one.wrong !== null && sameFault(answerOf(one.anonymous), answerOf(one.wrong))
  const isNo = (outcome: OnvifOutcome | null) => outcome === 'refused' || (outcome === 'fault' && isSame)
  return isNo(anonymous) && (wrong === null || isNo(wrong)) ? 'refused' : 'unclear'
}
