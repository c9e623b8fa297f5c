import assert from 'node:assert/strict'
import { bilingual } from '../../reports/locales/index.ts'
import type { Criterion } from '../../suites/criterion.ts'
import type { Observation, ObservationKind } from '../../suites/observation.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import {
  kind as operations,
  type OnvifAsked,
  type OnvifOperations,
} from '../../suites/observations/onvif-operations.ts'
import { kind as unitReadings, type UnitReadings } from '../../suites/observations/unit-readings.ts'
import { kind as services } from '../../suites/observations/services.ts'
import { kind as tcpPorts } from '../../suites/observations/tcp-ports.ts'
import type { Statement } from '../../suites/statement.ts'
import { misfits } from './authentication.ts'
import { emptyStatement } from './bench.ts'
import { answered, codes, judgeBy } from './judging.ts'

/** What one unit tells of itself, as observations. */

const KINDS: ObservationKind[] = [unitReadings, operations, services, tcpPorts]

/** A camera with a web interface, nothing else. */
export const unit = (over: Partial<Statement> = {}, macs: string[] = []): Statement =>
  emptyStatement({
    dut: { maker: { name: 'M' }, model: 'EX-100', hardware: '1', firmware: { version: '1.4.0', link: 'version-string-only' } }, // prettier-ignore
    samples: [
      { id: 'a', serial: 'EX100-0001', arrives: 'in-service', addresses: { ipv4: '10.0.0.2', ipv6: null }, macs },
    ],
    services: [{ id: 'web', transport: 'tcp', port: 443, protocol: 'https', families: ['ipv4'], purpose: 'web' }],
    accounts: [{ id: 'owner', user: 'admin', password: { prompt: true }, role: 'administrator' }],
    ...over,
  })

/** The only judgement of a criterion over the unit; what was observed fits its schema, and every message has its text. */
export function judged(criterion: Criterion<never, never>, statement: Statement, seen: Observation[], parameters = {}) {
  for (const o of seen) if (o.kind === unitReadings.id) assert.deepEqual(misfits(unitReadings, o.seen), [])
  const [judgement, ...more] = judgeBy(criterion as unknown as Criterion, {
    parameters,
    statement,
    observations: seen,
    kinds: KINDS,
  })
  assert.ok(judgement)
  assert.deepEqual(more, [])
  for (const { message } of judgement.findings)
    if (!message.code.startsWith('framework.'))
      assert.ok(bilingual(`criteria/${criterion.id}`, `messages.${message.code}`), message.code)
  return { verdict: judgement.verdict, codes: codes(judgement), findings: judgement.findings }
}

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
