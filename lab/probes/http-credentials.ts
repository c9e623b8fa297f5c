import { loginsOver } from '../../suites/observations/log-ins.ts'
import { kind } from '../../suites/observations/http-credentials.ts'
import { httpClient } from '../instruments/http.ts'
import { defineProbe, type Endpoint } from '../probe.ts'
import { secondsFor, tryCredentials, type Send } from './credential-tries.ts'
import { otherEndpointOf, placeOf } from './log-in-place.ts'

/** Tries published, blank and guessable credentials at one HTTP log-in. */
export const probe = defineProbe({
  id: 'http-credentials',
  version: '1.1.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 20,
  failsLogins: true,
  states: ['factory-fresh', 'in-service'],
  seconds: (statement) => secondsFor(statement, loginsOver(statement, 'http')),
  async run(bench, subject) {
    const place = placeOf(bench, subject, 'http', 'http-credentials')
    if (!('to' in place)) return place
    const { target, method = 'GET' } = place.login
    const at =
      (to: Endpoint): Send =>
      async (credential) => {
        const client = httpClient(bench, to, { milliseconds: 15_000 })
        const exchange = await client.send({ method, target, ...(credential ? { credential } : {}) })
        client.close()
        return exchange
      }
    const there = place.service.session?.browser ? null : otherEndpointOf(bench, place.service)
    const elsewhere = there && { family: there.family, send: at(there) }
    return await tryCredentials(bench, place, at(place.to), { elsewhere })
  },
})
