import { ONVIF_ERROR, ONVIF_NAMESPACES } from '../../../suites/facts/onvif.ts'
import { SOAP_12 } from '../../../suites/facts/soap.ts'
import { childOf, readXml, type XmlElement } from '../../../suites/facts/xml.ts'
import type { Answer } from '../api.ts'

const TYPE = 'application/soap+xml; charset=utf-8'

/** The only way by which text gets into XML. */
export const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd]/g, '')

/** A SOAP 1.2 message around a body that is XML already. */
export const envelope = (body: string): string =>
  `<?xml version="1.0" encoding="utf-8"?>\n<env:Envelope xmlns:env="${SOAP_12}" xmlns:tds="${ONVIF_NAMESPACES.device}" ` +
  `xmlns:trt="${ONVIF_NAMESPACES.media}" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="${ONVIF_ERROR}">` +
  `<env:Body>${body}</env:Body></env:Envelope>\n`

export const content = (body: string): Answer => ({ status: 200, type: TYPE, body: envelope(body) })

export interface Fault {
  status: number
  code: 'Sender' | 'Receiver'
  /** Subcodes of ONVIF, outermost first. */
  subcodes: string[]
  reason: string
}

/** A fault (SOAP 1.2 part 1, section 5.4) with the codes of ONVIF Core. */
export function fault({ status, code, subcodes, reason }: Fault): Answer {
  const inner = subcodes.reduceRight(
    (below, one) => `<env:Subcode><env:Value>ter:${one}</env:Value>${below}</env:Subcode>`,
    '',
  )
  const body =
    `<env:Fault><env:Code><env:Value>env:${code}</env:Value>${inner}</env:Code>` +
    `<env:Reason><env:Text xml:lang="en">${escape(reason)}</env:Text></env:Reason></env:Fault>`
  return { status, type: TYPE, body: envelope(body) }
}

/** A fault of whoever asked. */
export const sender = (subcodes: string[], reason: string, status = 400): Answer =>
  fault({ status, code: 'Sender', subcodes, reason })

export interface SoapRequest {
  header: XmlElement | null
  /** The one element of the body. */
  operation: XmlElement
}

/** A SOAP 1.2 message; null where it is none, is not well-formed, has a document type, or is nested too deeply. */
export function readSoap(bytes: Buffer): SoapRequest | null {
  const { root, whole } = readXml(bytes.toString('utf8'))
  if (!whole || root?.name !== 'Envelope' || root.namespace !== SOAP_12) return null
  const operations = childOf(root, 'Body', SOAP_12)?.children ?? []
  const [operation] = operations
  return operation && operations.length === 1 ? { header: childOf(root, 'Header', SOAP_12), operation } : null
}
