import { loginsOver } from '../../suites/observations/log-ins.ts'
import { kind } from '../../suites/observations/rtsp-credentials.ts'
import { rtspClient } from '../instruments/rtsp.ts'
import { defineProbe, type Endpoint } from '../probe.ts'
import { secondsFor, tryCredentials, type Send } from './credential-tries.ts'
import { otherEndpointOf, placeOf } from './log-in-place.ts'

/** Tries published, blank and guessable credentials at one RTSP log-in. */
export const probe = defineProbe({
  id: 'rtsp-credentials',
  version: '1.1.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 20,
  failsLogins: true,
  states: ['factory-fresh', 'in-service'],
  seconds: (statement) => secondsFor(statement, loginsOver(statement, 'rtsp')),
  async run(bench, subject) {
    const place = placeOf(bench, subject, 'rtsp', 'rtsp-credentials')
    if (!('to' in place)) return place
    const { target, method = 'DESCRIBE' } = place.login
    const at =
      (to: Endpoint): Send =>
      async (credential) => {
        const client = rtspClient(bench, to, { milliseconds: 15_000 })
        const exchange = await client.send({
          method,
          target,
          headers: [['Accept', 'application/sdp']],
          ...(credential ? { credential } : {}),
        })
        client.close()
        return exchange
      }
    const there = otherEndpointOf(bench, place.service)
    const elsewhere = there && { family: there.family, send: at(there) }
    return await tryCredentials(bench, place, at(place.to), { elsewhere })
  },
})
