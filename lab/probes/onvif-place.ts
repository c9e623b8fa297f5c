import { answerOf } from '../../suites/facts/answer.ts'
import { onvifOutcome } from '../../suites/facts/onvif.ts'
import type { Unanswered } from '../../suites/observation.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { onvifLoginOf, type OnvifScheme } from '../../suites/observations/onvif-endpoints.ts'
import type { BruteForce, Service, Statement } from '../../suites/statement.ts'
import { onvifClient, type OnvifCall, type OnvifClient } from '../instruments/onvif.ts'
import type { Bench } from '../probe.ts'
import { endpointOfService, unanswered, type LoginPlace } from './log-in-place.ts'

export interface OnvifPlace extends LoginPlace {
  scheme: OnvifScheme
  client: OnvifClient
  /** A reading operation that asks for a log-in, and what came of it without one. */
  call: OnvifCall
  anonymous: Exchange
  /** Whether the device's clock is known. */
  timed: boolean
}

export const clockCall = (target: string): OnvifCall => ({
  service: 'device',
  operation: 'GetSystemDateAndTime',
  target,
})

/** All of them need a log-in; devices leave some of them open, and then they show nothing. */
export const PROTECTED = ['GetDeviceInformation', 'GetUsers', 'GetNetworkInterfaces']

/** The brute-force rule of any log-in of the account at the service: one lock is usually behind all of them. */
export const ruleOf = ({ logins, bruteForce }: Statement, service: Service, account: string): BruteForce | undefined =>
  bruteForce.find((r) => logins.some((l) => l.id === r.login && l.service === service.id && l.account === account))

/**
 * The ONVIF log-in of a subject with its endpoint, the device's clock, and an operation that shows whether a log-in
 * worked; unanswered where the statement or the device leads nowhere. Messages are `<kind>.no-such-login`.
 */
export async function onvifPlaceOf(bench: Bench, subject: string, kind: string): Promise<OnvifPlace | Unanswered> {
  const found = onvifLoginOf(bench.statement, subject)
  const account = bench.statement.accounts.find((a) => a.id === found?.service.onvif.account)
  const to = found && endpointOfService(bench, found.service)
  if (!found || !to || !account) return unanswered('operator', `${kind}.no-such-login`, { subject })
  const { service, scheme } = found
  const { target } = service.onvif
  const client = onvifClient(bench, to)
  const timed = client.setClock(await client.call(clockCall(target)))
  let call: OnvifCall = { service: 'device', operation: PROTECTED[0] ?? '', target }
  let anonymous = await client.call(call)
  for (const operation of PROTECTED.slice(1)) {
    if (onvifOutcome(call.operation, 'device', answerOf(anonymous)) !== 'given') break
    call = { ...call, operation }
    anonymous = await client.call(call)
  }
  const rule = ruleOf(bench.statement, service, account.id)
  const declared = bench.statement.logins.find(
    (l) => l.service === service.id && l.account === account.id && (rule === undefined || l.id === rule.login),
  )
  const login = { id: declared?.id ?? `onvif-${service.id}`, service: service.id, account: account.id, target }
  return { login, service, account, to, scheme, client, call, anonymous, timed }
}
