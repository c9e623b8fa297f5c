import { defineCriterion } from '../criterion.ts'
import { kind } from '../observations/rtsp-lockout.ts'
import { attackedLogins } from '../observations/lockout.ts'
import { loginsOver } from '../observations/log-ins.ts'
import { kind as undeclaredLogins } from '../observations/undeclared-logins.ts'
import { lockoutParameters } from './lockout-case.ts'
import { webLockoutFindings } from './lockout-findings.ts'
import { claimContradicted, notAttacked } from './undeclared-logins.ts'

/** Guessing at an RTSP log-in is stopped for a time, for the guesser alone, and the account comes back by itself (EN 303 645 provision 5.1-5). */
export const criterion = defineCriterion({
  id: 'authentication/rtsp-login-lockout',
  version: '1.3.0',
  area: 'authentication',
  over: kind,
  also: [undeclaredLogins],
  states: ['in-service'],
  parameters: lockoutParameters,
  catalogues: [],
  applies: (statement) =>
    loginsOver(statement, 'rtsp').length > 0
      ? { answer: 'yes' }
      : { answer: 'unknown', why: { code: 'no-log-in-declared', values: {} } },
  contradicts: claimContradicted('rtsp', 'authentication/rtsp-login-lockout'),
  judge: ({ value }, context) => [
    ...webLockoutFindings(value, context),
    ...notAttacked(context, 'rtsp', attackedLogins(context.statement, 'rtsp')),
  ],
})
