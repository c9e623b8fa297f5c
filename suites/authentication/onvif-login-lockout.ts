import { defineCriterion, type Finding, type JudgeContext } from '../criterion.ts'
import { onvifReading } from '../facts/lock.ts'
import { ONVIF_SCHEMES, onvifLoginOf, onvifRule } from '../observations/onvif-endpoints.ts'
import { kind } from '../observations/onvif-lockout.ts'
import { kind as onvifOperations } from '../observations/onvif-operations.ts'
import type { BruteForce } from '../statement.ts'
import { lockoutParameters } from './lockout-case.ts'
import { lockoutFindings } from './lockout-findings.ts'
import { notTried } from './onvif-not-tried.ts'
import { appliesWhereOnvif, undeclaredOnvif } from './onvif.ts'

/**
 * Guessing at an ONVIF log-in is stopped for a time, for the guesser alone, and the account comes back by itself (EN 303
 * 645 provision 5.1-5). What is declared of the web log-in beside it says whom a lock is for, not how long this one is.
 */
export const criterion = defineCriterion({
  id: 'authentication/onvif-login-lockout',
  version: '1.0.0',
  area: 'authentication',
  over: kind,
  also: [onvifOperations],
  states: ['in-service'],
  parameters: lockoutParameters,
  catalogues: [],
  applies: (statement) => appliesWhereOnvif(statement, ['digest', 'username-token']),
  contradicts: undeclaredOnvif,
  judge({ value }, context): Finding[] {
    const target = `${value.target} ${value.operation}`
    return [
      ...lockoutFindings({ value, target, reading: onvifReading, row: besideIt(context), context }),
      ...notTried(context, ONVIF_SCHEMES),
    ]
  },
})

/** A lock of the account over the web may well be one of the address here. */
function besideIt({ statement, subject }: Pick<JudgeContext<unknown>, 'statement' | 'subject'>): Partial<BruteForce> {
  const service = onvifLoginOf(statement, subject)?.service
  const { scope, windowSeconds } = (service && onvifRule(statement, service)) ?? {}
  return {
    ...(scope === undefined || scope === 'account' ? {} : { scope }),
    ...(windowSeconds === undefined ? {} : { windowSeconds }),
  }
}
