import { kind } from '../../suites/observations/http-lockout.ts'
import { defineProbe } from '../probe.ts'
import { attackWeb, lockoutSeconds } from './lockout-door.ts'

/** Guesses at one HTTP log-in with an account that may be locked. */
export const probe = defineProbe({
  id: 'http-lockout',
  version: '1.2.0',
  kind,
  tier: 'D',
  grade: 'disruptive',
  order: 10,
  failsLogins: true,
  states: ['in-service'],
  leaves: { code: 'http-lockout.leaves', values: {} },
  seconds: (statement) => lockoutSeconds(statement, 'http'),
  run: (bench, subject) => attackWeb(bench, subject, 'http'),
})
