import { onvifLikeness } from '../../suites/facts/onvif.ts'
import { kind } from '../../suites/observations/onvif-credentials.ts'
import { onvifServices } from '../../suites/observations/onvif-endpoints.ts'
import { defineProbe } from '../probe.ts'
import { tryCredentials } from './credential-tries.ts'
import { onvifPlaceOf } from './onvif-place.ts'

/** Tries published, blank and guessable credentials at one ONVIF log-in. */
export const probe = defineProbe({
  id: 'onvif-credentials',
  version: '1.0.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 20,
  failsLogins: true,
  states: ['in-service'],
  seconds: (statement) => onvifServices(statement).reduce((sum, s) => sum + 60 * s.onvif.authentication.length, 0),
  async run(bench, subject) {
    const place = await onvifPlaceOf(bench, subject, 'onvif-credentials')
    if (!('to' in place)) return place
    const { client, call, scheme } = place
    return await tryCredentials(
      bench,
      place,
      (credential) => client.call({ ...call, ...(credential ? { as: { credential, scheme } } : {}) }),
      onvifLikeness,
    )
  },
})
