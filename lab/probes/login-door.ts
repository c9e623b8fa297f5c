import type { Exchange } from '../../suites/observations/exchange.ts'
import type { FailedLoginLog } from '../../suites/observations/failed-login-log.ts'
import { remoteProtocolOf } from '../../suites/observations/remote-endpoints.ts'
import { FAMILIES, type Login, type Service } from '../../suites/statement.ts'
import { httpClient } from '../instruments/http.ts'
import { rtspClient } from '../instruments/rtsp.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import { whileBusy } from './log-in-place.ts'
import { openDoor } from './remote-door.ts'

export interface Door {
  endpoint: Endpoint
  ask(credential: Credential | null): Promise<Exchange>
}

/** One log-in with what shows what came of it. */
export type Tried = Pick<FailedLoginLog['events'][number], 'at' | 'sourceAddress' | 'exchange' | 'remote'>

/** A log-in over any protocol the lab speaks. */
export interface AnyDoor {
  endpoint: Endpoint
  tryOnce(credential: Credential): Promise<Tried>
}

/** How this log-in is tried over any protocol; null without a client or an address. May knock once without a credential. */
export async function anyDoorOf(bench: Bench, login: Login): Promise<AnyDoor | null> {
  const door = doorOf(bench, login)
  if (door)
    return {
      endpoint: door.endpoint,
      async tryOnce(credential) {
        const exchange = await door.ask(credential)
        return { at: exchange.at, sourceAddress: exchange.sourceAddress, exchange }
      },
    }
  const service = bench.statement.services.find((s) => s.id === login.service)
  const spoken = service && remoteProtocolOf(service)
  const endpoint = service && spoken ? endpointAt(bench, service, spoken.tls) : null
  if (!service || !spoken || !endpoint) return null
  const { knock } = await openDoor(bench, { service: service.id, protocol: spoken.protocol }, endpoint)
  return {
    endpoint,
    async tryOnce(credential) {
      const attempt = await knock(credential)
      const { at, sourceAddress } = attempt
      return { at, sourceAddress, exchange: null, remote: { protocol: spoken.protocol, attempt } }
    },
  }
}

/** In the first address family that the service is declared for and the sample has. */
const endpointAt = (bench: Bench, { families, port }: Service, tls: boolean): Endpoint | null =>
  FAMILIES.filter((f) => families.includes(f))
    .map((f) => bench.endpoint(f, port, tls))
    .find((e) => e !== null) ?? null

/** How this log-in is tried; null for a protocol without a client. */
export function doorOf(bench: Bench, login: Login): Door | null {
  const service = bench.statement.services.find((s) => s.id === login.service)
  const tls = service?.protocol === 'https' || service?.protocol === 'rtsps'
  const open = service && endpointAt(bench, service, tls)
  if (!service || !open || !/^(https?|rtsps?)$/.test(service.protocol)) return null
  const isRtsp = service.protocol.startsWith('rtsp')
  const makeClient = isRtsp ? rtspClient : httpClient
  const method = login.method ?? (isRtsp ? 'DESCRIBE' : 'GET')
  return {
    endpoint: open,
    /** A new connection each time: a device may remember who logged in on one. */
    async ask(credential) {
      const client = makeClient(bench, open, { milliseconds: 20_000 })
      try {
        const log = credential ? { credential } : {}
        const send = () => client.send({ method, target: login.target, ...log })
        return isRtsp ? await whileBusy(bench, send) : await send()
      } finally {
        client.close()
      }
    },
  }
}

/** The log-in that speaks for the whole unit: of an administrator and over HTTP where there is one. */
export function mainDoor(bench: Bench): { login: Login; door: Door } | null {
  const { logins, accounts, services } = bench.statement
  const rank = (login: Login): number =>
    (accounts.find((a) => a.id === login.account)?.role === 'administrator' ? 0 : 2) +
    (services.find((s) => s.id === login.service)?.protocol.startsWith('http') ? 0 : 1)
  for (const login of [...logins].sort((a, b) => rank(a) - rank(b))) {
    const door = doorOf(bench, login)
    if (door) return { login, door }
  }
  return null
}
