import type { Observation } from '../../suites/observation.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import {
  kind as operations,
  type OnvifAsked,
  type OnvifOperations,
} from '../../suites/observations/onvif-operations.ts'
import { kind as unitReadings, type UnitReadings } from '../../suites/observations/unit-readings.ts'
import { answered } from './judging.ts'

/** What one unit tells of itself, as observations. */

const b64 = (text: string) => Buffer.from(text, 'latin1').toString('base64')

/** A request and the one answer to it; none where there is no text. */
export const exchange = (raw: string | null, over: Partial<Exchange['request']> = {}): Exchange => ({
  at: 1,
  elapsed: 1,
  connection: 0,
  sourceAddress: '10.0.0.1',
  request: { method: 'GET', target: '/', headers: [], bodyBytes: 0, credential: null, scheme: 'none', ...over },
  rounds: raw === null ? [] : [{ elapsed: 1, answer: { raw: b64(raw), length: raw.length, end: 'complete' } }],
  failure: raw === null ? { code: 'timeout', detail: '' } : null,
})

const SOAP = 'http://www.w3.org/2003/05/soap-envelope'
const NAMESPACES = `xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"`

/** An ONVIF answer as gSOAP writes it. */
export const onvifAnswer = (operation: string, inner: string, prefix: 'tds' | 'trt' = 'tds'): string => {
  const body = `<SOAP-ENV:Envelope xmlns:SOAP-ENV="${SOAP}" ${NAMESPACES}><SOAP-ENV:Body><${prefix}:${operation}Response>${inner}</${prefix}:${operation}Response></SOAP-ENV:Body></SOAP-ENV:Envelope>`
  return `HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

/** One operation, refused without a log-in and answered with one. */
export const asked = (operation: string, inner: string, over: Partial<OnvifAsked> = {}): OnvifAsked => {
  const service = over.service ?? 'device'
  return {
    service,
    operation,
    target: '/onvif/device_service',
    anonymous: exchange('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'),
    wrong: null,
    genuine: exchange(onvifAnswer(operation, inner, service === 'media' ? 'trt' : 'tds'), {
      credential: { user: 'admin', secret: 'owner', published: false },
      scheme: 'digest-sha-256',
    }),
    ...over,
  }
}

export const onvif = (
  list: OnvifAsked[],
  over: Partial<OnvifOperations> = {},
  subject = 'a/ipv4/00443',
): Observation => {
  const clock = exchange(onvifAnswer('GetSystemDateAndTime', '<tds:SystemDateAndTime/>'))
  return answered(operations, subject, {
    family: 'ipv4',
    port: 443,
    tls: true,
    target: '/onvif/device_service',
    opening: clock,
    services: exchange(onvifAnswer('GetServices', '<tds:Service/>')),
    elsewhere: [],
    asked: list,
    closing: clock,
    complete: true,
    ...over,
  })
}

type Row = UnitReadings['readings'][number]
/** A declared reading and what it told; null: nothing. */
export const told = (what: Row['what'], text: string | null, from = 'identity/1'): Row => ({
  from,
  what,
  exchange: exchange(text === null ? null : `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`),
  text,
})

export const readings = (rows: Row[], over: Partial<UnitReadings> = {}): Observation =>
  answered(unitReadings, 'a', { readings: rows, accounts: null, mac: null, ...over })
