import type { Exchange } from '../../suites/observations/exchange.ts'
import { FAMILIES, type Login } from '../../suites/statement.ts'
import { httpClient } from '../instruments/http.ts'
import { rtspClient } from '../instruments/rtsp.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import { whileBusy } from './log-in-place.ts'

export interface Door {
  endpoint: Endpoint
  ask(credential: Credential): Promise<Exchange>
}

/** How this log-in is tried; null for a protocol without a client. */
export function doorOf(bench: Bench, login: Login): Door | null {
  const service = bench.statement.services.find((s) => s.id === login.service)
  const tls = service?.protocol === 'https' || service?.protocol === 'rtsps'
  const open =
    service &&
    FAMILIES.filter((f) => service.families.includes(f))
      .map((f) => bench.endpoint(f, service.port, tls))
      .find((e) => e !== null)
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
        const send = () => client.send({ method, target: login.target, credential })
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
