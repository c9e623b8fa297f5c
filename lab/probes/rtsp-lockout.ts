import { kind } from '../../suites/observations/rtsp-lockout.ts'
import { defineProbe } from '../probe.ts'
import { attackWeb, lockoutSeconds } from './lockout-door.ts'

/** Guesses at one RTSP log-in with an account that may be locked. */
export const probe = defineProbe({
  id: 'rtsp-lockout',
  version: '1.0.0',
  kind,
  tier: 'D',
  grade: 'disruptive',
  order: 11,
  failsLogins: true,
  states: ['in-service'],
  leaves: { code: 'rtsp-lockout.leaves', values: {} },
  seconds: (statement) => lockoutSeconds(statement, 'rtsp'),
  run: (bench, subject) => attackWeb(bench, subject, 'rtsp'),
})
