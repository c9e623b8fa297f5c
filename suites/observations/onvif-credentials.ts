import { defineKind } from '../observation.ts'
import { credentialTriesSchema } from './credential-tries.ts'
import { ONVIF_SCHEMES, onvifLoginSubjects } from './onvif-endpoints.ts'

/** Which published or guessable credentials one ONVIF log-in accepts, by Digest and by username token apart. */
export const kind = defineKind({
  id: 'onvif-credentials',
  version: '1.1.0',
  per: 'login',
  schema: credentialTriesSchema,
  dependsOn: [],
  expected: ({ statement }) => onvifLoginSubjects(statement, ONVIF_SCHEMES),
})
