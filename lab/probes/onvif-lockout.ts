import { answerOf } from '../../suites/facts/answer.ts'
import { onvifReading } from '../../suites/facts/lock.ts'
import { onvifOutcome } from '../../suites/facts/onvif.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { onvifRule, onvifServices } from '../../suites/observations/onvif-endpoints.ts'
import { kind } from '../../suites/observations/onvif-lockout.ts'
import type { Account } from '../../suites/statement.ts'
import { onvifClient, type OnvifCall } from '../instruments/onvif.ts'
import { defineProbe, type Bench } from '../probe.ts'
import { attackLogin, forgedSender, USUAL_LOCK_S, type LockDoor } from './lockout-attack.ts'
import { askElsewhere } from './lockout-door.ts'
import { lockWaited } from './once-unlocked.ts'
import { onvifPlaceOf, type OnvifPlace } from './onvif-place.ts'

/** What every user may read, and what administrators may: devices leave some of it open, and then it shows nothing. */
const OPERATIONS = ['GetDeviceInformation', 'GetNetworkInterfaces', 'GetHostname', 'GetUsers']

/** Guesses at one ONVIF log-in with an account that may be locked. */
export const probe = defineProbe({
  id: 'onvif-lockout',
  version: '1.0.0',
  kind,
  tier: 'D',
  grade: 'disruptive',
  order: 12,
  failsLogins: true,
  states: ['in-service'],
  leaves: { code: 'onvif-lockout.leaves', values: {} },
  seconds: (statement) =>
    onvifServices(statement)
      .map((s) => s.onvif.authentication.length * (30 + (onvifRule(statement, s)?.lockSeconds ?? USUAL_LOCK_S)))
      .reduce((sum, seconds) => sum + seconds, 0),
  async run(bench, subject) {
    const place = await onvifPlaceOf(bench, subject, 'onvif-lockout')
    if (!('to' in place)) return place
    const door = doorOf(bench, place)
    const attacked = await attackLogin(bench, door)
    if ('answered' in attacked) return attacked
    const { scheme, to } = place
    const { target } = place.call
    const at = { scheme, family: to.family, port: to.port, tls: to.tls, target, operation: door.operation() }
    return { answered: true, value: { ...at, ...attacked }, controls: [], artifacts: [] }
  },
})

function doorOf(bench: Bench, place: OnvifPlace): LockDoor<Exchange> & { operation(): string } {
  const { login, service, account, to, scheme, client } = place
  let call: OnvifCall = place.call
  return {
    id: 'onvif-lockout',
    login: login.id,
    to,
    families: service.families,
    account,
    rule: service.onvif && onvifRule(bench.statement, { ...service, onvif: service.onvif }),
    reading: onvifReading,
    open(at, { forged, ...manner }) {
      const one = onvifClient(bench, at, { ...manner, headers: forged ? [forgedSender(at)] : [] })
      return {
        send: (credential) =>
          scheme === 'username-token'
            ? one.callWith(call, client.token(credential))
            : one.call({ ...call, as: { credential, scheme } }),
        close: () => undefined,
      }
    },
    async first(ask, spare) {
      const protectedCalls: OnvifCall[] = []
      for (const operation of OPERATIONS) {
        const one = { ...place.call, operation }
        if (onvifOutcome(operation, 'device', answerOf(await client.call(one))) === 'refused') protectedCalls.push(one)
      }
      const any = async (): Promise<Exchange> => {
        let tried: Exchange | null = null
        for (call of protectedCalls) {
          tried = await ask()
          if (onvifReading.isGood(tried)) return tried
        }
        return tried ?? (await ask())
      }
      const tried = await any()
      return onvifReading.isGood(tried) || !(await lockWaited(bench, spare.id)) ? tried : await any()
    },
    said: (tried) => onvifOutcome(call.operation, 'device', answerOf(tried)),
    forges: true,
    other: (spare: Account, milliseconds) => askElsewhere(bench, spare, 'rtsp', milliseconds),
    operation: () => call.operation,
  }
}
