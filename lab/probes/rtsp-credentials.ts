import { loginsOver } from '../../suites/observations/log-ins.ts'
import { kind } from '../../suites/observations/rtsp-credentials.ts'
import { rtspClient } from '../instruments/rtsp.ts'
import { defineProbe } from '../probe.ts'
import { secondsFor, tryCredentials } from './credential-tries.ts'
import { placeOf } from './log-in-place.ts'

/** Tries published, blank and guessable credentials at one RTSP log-in. */
export const probe = defineProbe({
  id: 'rtsp-credentials',
  version: '1.0.0',
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
    return await tryCredentials(bench, place, async (credential) => {
      const client = rtspClient(bench, place.to, { milliseconds: 15_000 })
      const exchange = await client.send({
        method,
        target,
        headers: [['Accept', 'application/sdp']],
        ...(credential ? { credential } : {}),
      })
      client.close()
      return exchange
    })
  },
})
