import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createHash, randomUUID } from 'node:crypto'
import { SOAP_12 } from '../../../suites/facts/soap.ts'
import { childOf, readXml, type XmlElement } from '../../../suites/facts/xml.ts'
import type { CameraOptions } from '../options.ts'
import { SCOPES } from './device-service.ts'
import { DEVICE_PATH } from './operation.ts'
import { escape } from './soap.ts'

/** WS-Discovery 1.0 (2005/04), as ONVIF Core asks for it: a target service that answers Probe and Resolve. */

const WSD = 'http://schemas.xmlsoap.org/ws/2005/04/discovery'
const WSA = 'http://schemas.xmlsoap.org/ws/2004/08/addressing'
const ANONYMOUS = 'http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous'
const NETWORK = 'http://www.onvif.org/ver10/network/wsdl'
const DEVICE = 'http://www.onvif.org/ver10/device/wsdl'

const GROUP = '239.255.255.250'
const MOST_BYTES = 4096

export interface Discovery {
  open(): Promise<void>
  close(): Promise<void>
}

/** The unit's lasting name, of its serial number. */
export function endpointReference(serial: string): string {
  const h = createHash('sha256').update(`camseal ${serial}`).digest('hex')
  return `urn:uuid:${h.slice(0, 8)}-${h.slice(8, 12)}-5${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20, 32)}`
}

/** Names of a list of QNames, with the namespaces their prefixes stand for; null where one stands for nothing. */
function typesOf(element: XmlElement | null): string[] | null {
  const words =
    element?.text
      .trim()
      .split(/\s+/)
      .filter((w) => w !== '') ?? []
  if (words.length === 1 && element?.named) return [`${element.named.namespace} ${element.named.name}`]
  return words.length === 0 ? [] : words.map((w) => w.replace(/^[^:]*:/, '* '))
}

const isMine = (type: string): boolean =>
  [`${NETWORK} NetworkVideoTransmitter`, `${DEVICE} Device`, '* NetworkVideoTransmitter', '* Device'].includes(type)

/** Scopes match by prefix of whole segments (RFC 3986 rule of WS-Discovery, section 5.1); none asked for matches all. */
const hasScope = (wanted: string): boolean =>
  SCOPES.some((s) => s === wanted || s.startsWith(`${wanted.replace(/\/$/, '')}/`))

/** The answer to a datagram; null where there is none to give, which is most that WS-Discovery says to what is malformed. */
export function answerDiscovery(datagram: Buffer, serial: string, address: string): string | null {
  const { root, whole } =
    datagram.length > MOST_BYTES ? { root: null, whole: false } : readXml(datagram.toString('utf8'))
  if (!whole || root?.name !== 'Envelope' || root.namespace !== SOAP_12) return null
  const id = childOf(childOf(root, 'Header', SOAP_12), 'MessageID', WSA)?.text.trim() ?? ''
  const body = childOf(root, 'Body', SOAP_12)
  const reference = endpointReference(serial)
  const probe = childOf(body, 'Probe', WSD)
  const resolve = childOf(body, 'Resolve', WSD)
  if (id === '' || id.length > 200) return null
  if (probe) {
    const types = typesOf(childOf(probe, 'Types', WSD))
    const scopes =
      childOf(probe, 'Scopes', WSD)
        ?.text.trim()
        .split(/\s+/)
        .filter((s) => s !== '') ?? []
    return types?.every(isMine) && scopes.every(hasScope) ? matches('Probe', id, reference, address) : null
  }
  const wanted = childOf(childOf(resolve, 'EndpointReference', WSA), 'Address', WSA)?.text.trim()
  return wanted === reference ? matches('Resolve', id, reference, address) : null
}

const matches = (what: 'Probe' | 'Resolve', id: string, reference: string, address: string): string =>
  `<?xml version="1.0" encoding="utf-8"?><e:Envelope xmlns:e="${SOAP_12}" xmlns:a="${WSA}" xmlns:d="${WSD}" ` +
  `xmlns:dn="${NETWORK}" xmlns:tds="${DEVICE}"><e:Header><a:MessageID>urn:uuid:${randomUUID()}</a:MessageID>` +
  `<a:RelatesTo>${escape(id)}</a:RelatesTo><a:To>${ANONYMOUS}</a:To><a:Action>${WSD}/${what}Matches</a:Action></e:Header>` +
  `<e:Body><d:${what}Matches><d:${what}Match><a:EndpointReference><a:Address>${reference}</a:Address></a:EndpointReference>` +
  `<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>${escape(SCOPES.join(' '))}</d:Scopes>` +
  `<d:XAddrs>${escape(address)}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:${what}Match></d:${what}Matches></e:Body></e:Envelope>`

/**
 * Listens on the camera's IPv4 address and, where the network has multicast, on the group of WS-Discovery.
 * @throws the error of `bind` when the camera's own port is taken
 */
export function makeDiscovery({ addresses, serial }: CameraOptions, port: number, httpsPort: () => number): Discovery {
  let sockets: Socket[] = []
  const listen = async (host: string, isGroup: boolean): Promise<void> => {
    const socket = createSocket({ type: 'udp4', reuseAddr: isGroup })
    socket.on('message', (datagram, from) => {
      const answer = answerDiscovery(datagram, serial, `https://${addresses.ipv4}:${httpsPort()}${DEVICE_PATH}`)
      // From its own address, as the client expects; nobody is sent more than was asked for.
      if (answer !== null) sockets[0]?.send(answer, from.port, from.address, () => undefined)
    })
    try {
      socket.bind(port, host)
      await once(socket, 'listening')
      if (isGroup) socket.addMembership(GROUP, addresses.ipv4)
    } catch (error) {
      socket.close()
      throw error
    }
    socket.on('error', () => undefined)
    sockets.push(socket)
  }
  return {
    async open() {
      await listen(addresses.ipv4, false)
      // A loopback without multicast, or a group port that somebody else holds alone: found by unicast only.
      await listen(GROUP, true).catch(() => undefined)
    },
    async close() {
      const closing = sockets.map((socket) => once(socket.close(), 'close'))
      sockets = []
      await Promise.all(closing)
    },
  }
}
