import { defineKind } from '../observation.ts'
import { attackedLogins, lockoutSchema } from './lockout.ts'
import { loginSubjects } from './log-ins.ts'

/** What one HTTP log-in does about wrong passwords in a row. */
export const kind = defineKind({
  id: 'http-lockout',
  version: '2.1.0',
  per: 'login',
  schema: lockoutSchema,
  dependsOn: [],
  expected: ({ statement }) => loginSubjects(statement, attackedLogins(statement, 'http')),
})
