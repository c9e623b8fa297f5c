import { defineKind } from '../observation.ts'
import { credentialTriesSchema } from './credential-tries.ts'
import { loginsOver, loginSubjects } from './log-ins.ts'

/** Which published or guessable credentials one RTSP log-in accepts. */
export const kind = defineKind({
  id: 'rtsp-credentials',
  version: '1.1.0',
  per: 'login',
  schema: credentialTriesSchema,
  dependsOn: [],
  expected: ({ statement }) => loginSubjects(statement, loginsOver(statement, 'rtsp')),
})
