import { defineCriterion } from '../criterion.ts'
import { onvifLikeness } from '../facts/onvif.ts'
import { kind } from '../observations/onvif-credentials.ts'
import { kind as onvifOperations } from '../observations/onvif-operations.ts'
import { credentialFindings } from './credential-findings.ts'
import { credentialParameters } from './credential-parameters.ts'
import { ONVIF_SCHEMES } from '../observations/onvif-endpoints.ts'
import { notTried } from './onvif-not-tried.ts'
import { appliesWhereOnvif, undeclaredOnvif } from './onvif.ts'

/** No published, blank or guessable credential opens ONVIF, by Digest or by username token (EN 303 645 provision 5.1-1). */
export const criterion = defineCriterion({
  id: 'authentication/no-default-onvif-credentials',
  version: '1.1.0',
  area: 'authentication',
  over: kind,
  also: [onvifOperations],
  states: ['in-service'],
  parameters: credentialParameters,
  catalogues: ['default-passwords'],
  applies: (statement) => appliesWhereOnvif(statement),
  contradicts: undeclaredOnvif,
  judge: ({ value }, context) => [
    ...credentialFindings(value, context, onvifLikeness),
    ...notTried(context, ONVIF_SCHEMES),
  ],
})
