import { answerOf } from '../../suites/facts/answer.ts'
import { deviceTime, ONVIF_NAMESPACES, responseTo, type OnvifService } from '../../suites/facts/onvif.ts'
import { SOAP_12 } from '../../suites/facts/soap.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { OnvifScheme } from '../../suites/observations/onvif-endpoints.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import type { ClientOptions, Header } from './conversation.ts'
import { httpClient } from './http.ts'
import { textToken, usernameToken } from './username-token.ts'

export interface OnvifCall {
  service: OnvifService
  operation: string
  target: string
  /** XML inside the operation's element. */
  body?: string
  /** How to log in; nobody where absent. */
  as?: { credential: Credential; scheme: OnvifScheme }
}

/** A username token that is the same whenever it is sent. */
export interface RecordedToken {
  credential: Credential
  header: string
}

export interface OnvifClient {
  /** One call on a connection of its own. Redirects and addresses in answers are never followed. */
  call(call: OnvifCall): Promise<Exchange>
  /** The call with a token as it was recorded. */
  callWith(call: OnvifCall, token: RecordedToken): Promise<Exchange>
  /** A token dated by the device's clock, or this many seconds before. */
  token(credential: Credential, secondsAgo?: number): RecordedToken
  /** The same of now, with the password itself. */
  textToken(credential: Credential): RecordedToken
  /** Sets the clock by the answer to GetSystemDateAndTime; false where it tells no time. */
  setClock(exchange: Exchange): boolean
}

const MILLISECONDS = 15_000
/** Of one answer; the rest is not kept. */
const MOST_BYTES = 16_384

const message = (header: string, { service, operation, body = '' }: OnvifCall): Buffer =>
  Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="${SOAP_12}">` +
      `${header === '' ? '' : `<s:Header>${header}</s:Header>`}<s:Body><${operation} xmlns="${ONVIF_NAMESPACES[service]}">` +
      `${body}</${operation}></s:Body></s:Envelope>`,
    'utf8',
  )

/** A SOAP 1.2 client for the device and media services of one endpoint. */
export function onvifClient(
  bench: Bench,
  to: Endpoint,
  { headers = [], ...options }: Pick<ClientOptions, 'milliseconds' | 'source'> & { headers?: Header[] } = {},
): OnvifClient {
  /** Microseconds that the device's clock is ahead of the lab's. */
  let ahead = 0

  const post = async (call: OnvifCall, header: string, credential?: Credential): Promise<Exchange> => {
    const client = httpClient(bench, to, { milliseconds: MILLISECONDS, maxBytes: MOST_BYTES, ...options })
    const action = `${ONVIF_NAMESPACES[call.service]}/${call.operation}`
    const exchange = await client.send({
      method: 'POST',
      target: call.target,
      headers: [['Content-Type', `application/soap+xml; charset=utf-8; action="${action}"`], ...headers],
      body: message(header, call),
      ...(credential ? { credential } : {}),
    })
    client.close()
    return exchange
  }

  const client: OnvifClient = {
    async call(call) {
      if (call.as?.scheme === 'username-token') return await client.callWith(call, client.token(call.as.credential))
      return await post(call, '', call.as?.credential)
    },
    async callWith(call, { credential, header }) {
      const exchange = await post(call, header)
      const { user, secret, published } = credential
      const request = {
        ...exchange.request,
        credential: { user, secret, published },
        scheme: 'username-token' as const,
      }
      return { ...exchange, request }
    },
    token(credential, secondsAgo = 0) {
      const at = (bench.now() + ahead) / 1000 - secondsAgo * 1000
      return { credential, header: usernameToken(credential, new Date(at).toISOString()) }
    },
    textToken(credential) {
      return { credential, header: textToken(credential, new Date((bench.now() + ahead) / 1000).toISOString()) }
    },
    setClock(exchange) {
      const time = deviceTime(responseTo('GetSystemDateAndTime', 'device', answerOf(exchange)))
      if (time === null) return false
      const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = time
      ahead = Date.UTC(year, month - 1, day, hour, minute, second) * 1000 - (exchange.at + exchange.elapsed)
      return true
    },
  }
  return client
}
