import { onvifServices } from '../../suites/observations/onvif-endpoints.ts'
import { kind } from '../../suites/observations/onvif-token-replay.ts'
import { defineProbe } from '../probe.ts'
import { wrongPassword } from './log-in-place.ts'
import { onvifPlaceOf } from './onvif-place.ts'

/** A day: no clock of a camera that tells its time is meant to be that far away. */
const STALE_S = 86_400

/** Sends a username token twice, and one of yesterday, between tokens of now. */
export const probe = defineProbe({
  id: 'onvif-token-replay',
  version: '1.0.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 20,
  failsLogins: true,
  states: ['in-service'],
  seconds: (statement) => 5 * onvifServices(statement).length,
  async run(bench, subject) {
    const place = await onvifPlaceOf(bench, subject, 'onvif-token-replay')
    if (!('to' in place)) return place
    const { client, call, anonymous, account, to, timed } = place
    const right = bench.credential(account.id)
    const wrong = await client.callWith(call, client.token(wrongPassword(account.user)))
    const token = client.token(right)
    const genuine = await client.callWith(call, token)
    const replayed = await client.callWith(call, token)
    const stale = await client.callWith(call, client.token(right, STALE_S))
    const closing = await client.callWith(call, client.token(right))
    const value = {
      family: to.family,
      port: to.port,
      tls: to.tls,
      target: call.target,
      operation: call.operation,
      timed,
      anonymous,
      wrong,
      genuine,
      replayed,
      stale,
      staleSeconds: STALE_S,
      closing,
    }
    return { answered: true, value, controls: [], artifacts: [] }
  },
})
