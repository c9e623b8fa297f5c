import { latin1 } from './bytes.ts'
import type { HttpMessage } from './http-message.ts'
import { childOf, readXml, type XmlElement, type XmlName } from './xml.ts'

/** SOAP 1.2 (W3C, 2007) is what ONVIF asks for; some devices answer in SOAP 1.1. */
export const SOAP_12 = 'http://www.w3.org/2003/05/soap-envelope'
export const SOAP_11 = 'http://schemas.xmlsoap.org/soap/envelope/'

export type SoapAnswer =
  { is: 'content'; element: XmlElement } | { is: 'fault'; codes: XmlName[]; reason: string } | { is: 'none' }

/** What the body of an answer holds: the first element of its SOAP body, whatever prefixes it uses. A cut-off answer counts as far as it came. */
export function soapOf(message: HttpMessage | null): SoapAnswer {
  const { root } = message === null ? { root: null } : readXml(latin1(message.body))
  if (root?.name !== 'Envelope' || (root.namespace !== SOAP_12 && root.namespace !== SOAP_11)) return { is: 'none' }
  const element = childOf(root, 'Body', root.namespace)?.children[0]
  if (!element) return { is: 'none' }
  if (element.name !== 'Fault' || element.namespace !== root.namespace) return { is: 'content', element }
  const reason = childOf(element, 'Reason')?.children[0]?.text ?? childOf(element, 'faultstring')?.text ?? ''
  return { is: 'fault', codes: codesOf(element), reason: reason.trim().slice(0, 200) }
}

/** The code and its subcodes, outermost first (SOAP 1.2 part 1, section 5.4.1; SOAP 1.1, section 4.4). */
function codesOf(fault: XmlElement): XmlName[] {
  const codes: XmlName[] = []
  const old = childOf(fault, 'faultcode')?.named
  if (old) codes.push(old)
  for (let at = childOf(fault, 'Code'); at !== null; at = childOf(at, 'Subcode')) {
    const value = childOf(at, 'Value')?.named
    if (value) codes.push(value)
  }
  return codes
}
