import { onvifLikeness } from '../../suites/facts/onvif.ts'
import { kind } from '../../suites/observations/onvif-credentials.ts'
import { onvifServices } from '../../suites/observations/onvif-endpoints.ts'
import { onvifClient, type OnvifClient } from '../instruments/onvif.ts'
import { defineProbe } from '../probe.ts'
import { tryCredentials, type Send } from './credential-tries.ts'
import { otherEndpointOf } from './log-in-place.ts'
import { clockCall, onvifPlaceOf } from './onvif-place.ts'

/** Tries published, blank and guessable credentials at one ONVIF log-in. */
export const probe = defineProbe({
  id: 'onvif-credentials',
  version: '1.1.0',
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
    const { call, scheme } = place
    const by =
      (client: OnvifClient): Send =>
      (credential) =>
        client.call({ ...call, ...(credential ? { as: { credential, scheme } } : {}) })
    const there = otherEndpointOf(bench, place.service)
    const other = there && onvifClient(bench, there)
    // Tokens are dated by the device's clock there as well.
    other?.setClock(await other.call(clockCall(call.target)))
    const elsewhere = there && other && { family: there.family, send: by(other) }
    return await tryCredentials(bench, place, by(place.client), { compare: onvifLikeness, elsewhere })
  },
})
