import { defineCriterion } from '../criterion.ts'
import { kind } from '../observations/http-lockout.ts'
import { loginsOver } from '../observations/log-ins.ts'
import { lockoutFindings, lockoutParameters } from './lockout-findings.ts'

/** Guessing at an HTTP log-in is stopped for a time, for the guesser alone, and the account comes back by itself (EN 303 645 provision 5.1-5). */
export const criterion = defineCriterion({
  id: 'authentication/login-lockout',
  version: '1.3.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['in-service'],
  parameters: lockoutParameters,
  catalogues: [],
  applies: (statement) =>
    loginsOver(statement, 'http').length > 0
      ? { answer: 'yes' }
      : { answer: 'unknown', why: { code: 'no-log-in-declared', values: {} } },
  judge: ({ value }, context) => lockoutFindings(value, context),
})
