import type { HttpMessage } from './http-message.ts'
import type { Likeness } from './likeness.ts'
import { soapOf, type SoapAnswer } from './soap.ts'
import { childOf, descendantsOf, type XmlElement, type XmlName } from './xml.ts'

/** Services by the names the catalogue uses; the operation's element is in the namespace of its service. */
export const ONVIF_NAMESPACES = {
  device: 'http://www.onvif.org/ver10/device/wsdl',
  media: 'http://www.onvif.org/ver10/media/wsdl',
  media2: 'http://www.onvif.org/ver20/media/wsdl',
  ptz: 'http://www.onvif.org/ver20/ptz/wsdl',
  imaging: 'http://www.onvif.org/ver20/imaging/wsdl',
  events: 'http://www.onvif.org/ver10/events/wsdl',
  deviceio: 'http://www.onvif.org/ver10/deviceIO/wsdl',
  recording: 'http://www.onvif.org/ver10/recording/wsdl',
  search: 'http://www.onvif.org/ver10/search/wsdl',
  security: 'http://www.onvif.org/ver10/advancedsecurity/wsdl',
} as const
export type OnvifService = keyof typeof ONVIF_NAMESPACES
export const ONVIF_SERVICES = [
  'device',
  'media',
  'media2',
  'ptz',
  'imaging',
  'events',
  'deviceio',
  'recording',
  'search',
  'security',
] as const satisfies readonly OnvifService[]
export const isOnvifService = (name: unknown): name is OnvifService =>
  typeof name === 'string' && Object.hasOwn(ONVIF_NAMESPACES, name)

const ONVIF = 'http://www.onvif.org/'
export const ONVIF_ERROR = 'http://www.onvif.org/ver10/error'
export const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'
export const WSU = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd'

/** Faults that say that a log-in is missing or wrong (ONVIF Core, faults; WS-Security SOAP message security 1.1, section 12). */
const REFUSALS: readonly XmlName[] = [
  { namespace: ONVIF_ERROR, name: 'NotAuthorized' },
  ...[
    'FailedAuthentication',
    'FailedCheck',
    'InvalidSecurity',
    'InvalidSecurityToken',
    'SecurityTokenUnavailable',
    'MessageExpired',
  ].map((name) => ({ namespace: WSSE, name })),
  { namespace: WSU, name: 'MessageExpired' },
]
const isOne = (list: readonly XmlName[], { namespace, name }: XmlName): boolean =>
  list.some((one) => one.name === name && one.namespace === namespace)

/** The answer names ONVIF: an element of its services, a fault of its own, or a refusal by WS-Security. */
export function speaksOnvif(message: HttpMessage | null): boolean {
  const answer = soapOf(message)
  if (answer.is === 'content') return answer.element.namespace.startsWith(ONVIF)
  return answer.is === 'fault' && answer.codes.some((c) => c.namespace === ONVIF_ERROR || isOne(REFUSALS, c))
}

export type OnvifOutcome = 'given' | 'empty' | 'refused' | 'fault' | 'other' | 'no-answer'

/** The response an operation must have: its name with `Response`, in the namespace of its service. */
export const responseTo = (
  operation: string,
  service: OnvifService,
  message: HttpMessage | null,
): XmlElement | null => {
  const answer = soapOf(message)
  const wanted = { namespace: ONVIF_NAMESPACES[service], name: `${operation}Response` }
  return answer.is === 'content' && isOne([wanted], answer.element) ? answer.element : null
}

const isRefused = (message: HttpMessage, answer: SoapAnswer): boolean =>
  (answer.is === 'fault' && answer.codes.some((c) => isOne(REFUSALS, c))) ||
  (answer.is !== 'content' && (message.status === 401 || message.status === 403))

/**
 * What came of an operation, by the content of the answer: `NotAuthorized` comes with status 200, 400, 401 and 500 alike.
 * A fault that names no missing log-in is not taken for a refusal.
 */
export function onvifOutcome(operation: string, service: OnvifService, message: HttpMessage | null): OnvifOutcome {
  if (message === null || message.protocol === '') return 'no-answer'
  const response = responseTo(operation, service, message)
  if (response) return response.children.length > 0 || response.text.trim() !== '' ? 'given' : 'empty'
  const answer = soapOf(message)
  if (isRefused(message, answer)) return 'refused'
  return answer.is === 'fault' ? 'fault' : 'other'
}

/** Two faults with the same codes, neither of them without any. */
export function sameFault(a: HttpMessage | null, b: HttpMessage | null): boolean {
  const [x, y] = [soapOf(a), soapOf(b)]
  if (x.is !== 'fault' || y.is !== 'fault' || x.codes.length === 0 || x.codes.length !== y.codes.length) return false
  return x.codes.every((code, i) => isOne([code], y.codes[i] ?? { namespace: '', name: '' })) && x.reason === y.reason
}

/** The answer to a log-in over ONVIF: granted where an ONVIF response came, refused where a fault says so or is that of a wrong log-in. */
export function onvifLikeness(answer: HttpMessage | null, good: HttpMessage | null, bad: HttpMessage | null): Likeness {
  if (answer === null) return 'unclear'
  const said = soapOf(answer)
  if (said.is === 'content' && said.element.namespace.startsWith(ONVIF))
    return good === null || soapOf(bad).is === 'content' ? 'unclear' : 'granted'
  return isRefused(answer, said) || sameFault(answer, bad) ? 'refused' : 'unclear'
}

/** Addresses of services by namespace (GetServices) or by the name of the capability (GetCapabilities), in document order. */
export const serviceAddresses = (response: XmlElement): { of: string; address: string }[] =>
  [response, ...descendantsOf(response, '*')].flatMap((holder) =>
    holder.children
      .filter((c) => c.name === 'XAddr')
      .map((xaddr) => ({
        of: childOf(holder, 'Namespace')?.text.trim() ?? holder.name,
        address: xaddr.text.trim().slice(0, 512),
      })),
  )

/** The device's clock in UTC, as its six numbers; null where it does not tell. */
export function deviceTime(response: XmlElement | null): number[] | null {
  const utc = response && descendantsOf(response, 'UTCDateTime')[0]
  if (!utc) return null
  const numbers = ['Year', 'Month', 'Day', 'Hour', 'Minute', 'Second'].map((name) =>
    descendantsOf(utc, name)[0]?.text.trim(),
  )
  return numbers.every((n) => n !== undefined && /^[0-9]{1,4}$/.test(n)) ? numbers.map(Number) : null
}
