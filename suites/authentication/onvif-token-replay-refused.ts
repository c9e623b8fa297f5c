import { defineCriterion, evidence, gap, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { onvifOutcome, sameFault, type OnvifOutcome } from '../facts/onvif.ts'
import type { Exchange } from '../observations/exchange.ts'
import { kind as onvifOperations } from '../observations/onvif-operations.ts'
import { kind } from '../observations/onvif-token-replay.ts'
import { obj } from '../schema.ts'
import { notTried } from './onvif-not-tried.ts'
import { undeclaredWays } from './onvif-ways.ts'
import { appliesWhereOnvif, undeclaredOnvif } from './onvif.ts'

/**
 * A username token opens ONVIF once and while it is young (OASIS WS-Security UsernameToken Profile 1.1.1, section 3.1;
 * EN 303 645 provision 5.1-3): who recorded one cannot use it. Genuine tokens must work before and after.
 */
export const criterion = defineCriterion({
  id: 'authentication/onvif-token-replay-refused',
  version: '1.1.0',
  area: 'authentication',
  over: kind,
  also: [onvifOperations],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: (statement) => appliesWhereOnvif(statement, ['username-token']),
  contradicts: (context) => undeclaredTokens(context),
  judge({ value }, context) {
    const { cite } = context
    const outcome = (exchange: Exchange): OnvifOutcome => onvifOutcome(value.operation, 'device', answerOf(exchange))
    const isGiven = (exchange: Exchange): boolean => outcome(exchange) === 'given'
    const isRefused = (exchange: Exchange): boolean =>
      outcome(exchange) === 'refused' || sameFault(answerOf(exchange), answerOf(value.wrong))
    const values = { operation: value.operation }
    const controls = [cite('/genuine'), cite('/wrong'), cite('/anonymous'), cite('/closing')]
    if (isGiven(value.anonymous) || isGiven(value.wrong)) return [gap('not-protected', values, controls)]
    if (!isGiven(value.genuine)) return [gap('token-not-accepted', values, controls)]
    const findings: Finding[] = notTried(context, ['username-token'])
    for (const which of ['replayed', 'stale'] as const) {
      const [accepted, refused, unclear] = CODES[which]
      const cites = [cite(`/${which}`), cite('/genuine')]
      const about = { ...values, seconds: value.staleSeconds }
      if (isGiven(value[which])) findings.push(violation(accepted, about, cites))
      else if (isRefused(value[which]) && isGiven(value.closing))
        findings.push(evidence(refused, about, [...cites, cite('/closing')]))
      else findings.push(gap(unclear, about, cites))
    }
    return findings
  },
})

const CODES = {
  replayed: ['replayed-accepted', 'replayed-refused', 'replayed-unclear'],
  stale: ['stale-accepted', 'stale-refused', 'stale-unclear'],
} as const

/** Username tokens that open ONVIF although the statement knows of none (rule 5); and ONVIF that it does not know at all. */
const undeclaredTokens = (context: Pick<JudgeContext<unknown>, 'statement' | 'others'>): Finding[] => [
  ...undeclaredOnvif(context),
  ...context.others(onvifOperations).flatMap(({ subject, seen, cite }) => {
    if (!seen.answered) return []
    const { port, family } = seen.value
    return undeclaredWays(context.statement, subject, seen.value, ['username-token']).map(({ scheme, way }) =>
      violation('way-undeclared', { port, family, scheme }, [cite(`/ways/${way}`), cite('/asked')]),
    )
  }),
]
