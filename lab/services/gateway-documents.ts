import { randomUUID } from 'node:crypto'
import { actionOf } from '../../suites/facts/port-mapping.ts'

/** Of documentation (RFC 5737): what the gateway says its address on the Internet is, where the lab names none. Nobody is there. */
export const OUTSIDE = '203.0.113.77'
const OUTSIDE_BITS = '100000000'

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const UPNP = 'urn:schemas-upnp-org'
const COMMON = `${UPNP}:service:WANCommonInterfaceConfig:1`
const connection = (version: number) => `${UPNP}:service:WANIPConnection:${version}`

/** The gateway's devices, one within the other, in the first and the second version of their description. */
export interface GatewayIdentity {
  root: string
  wan: string
  connection: string
  version: 1 | 2
}

export const makeGatewayIdentities = (): GatewayIdentity[] =>
  ([1, 2] as const).map((version) => ({
    root: `uuid:${randomUUID()}`,
    wan: `uuid:${randomUUID()}`,
    connection: `uuid:${randomUUID()}`,
    version,
  }))

/** What a search for a target finds (UPnP Device Architecture 1.1 section 1.3.3): the target, its name and its description. */
export function foundBy(
  target: string,
  identities: readonly GatewayIdentity[],
): { target: string; name: string; version: number }[] {
  return identities.flatMap(({ root, wan, connection: own, version }) => {
    const all = [
      ['upnp:rootdevice', root],
      [root, root],
      [`${UPNP}:device:InternetGatewayDevice:${version}`, root],
      [`${UPNP}:device:WANDevice:${version}`, wan],
      [`${UPNP}:device:WANConnectionDevice:${version}`, own],
      [connection(version), own],
      ...(version === 1 ? [[COMMON, wan] as const] : []),
    ] as const
    return all
      .filter(([offered]) => target === 'ssdp:all' || target === offered)
      .map(([offered, uuid]) => ({ target: offered, name: offered === uuid ? uuid : `${uuid}::${offered}`, version }))
  })
}

/** What the gateway says of itself and keeps: nothing is mapped by it. */
export interface Held {
  outside: string
  entries: Map<string, ReadonlyMap<string, string>>
}

type Told = Record<string, string>
interface Action {
  takes: readonly string[]
  /** Names and values of what is told; for a code of a fault, that. */
  tells: (given: ReadonlyMap<string, string>) => Told | number
  /** What it tells, for the list of actions. */
  names?: readonly string[]
}

const ENTRY = ['NewRemoteHost', 'NewExternalPort', 'NewProtocol'] as const
const REST = ['NewInternalPort', 'NewInternalClient', 'NewEnabled', 'NewPortMappingDescription', 'NewLeaseDuration']
const telling = (told: Told): Action => ({ takes: [], tells: () => told, names: Object.keys(told) })

/** The actions of the two services (WANIPConnection:1 section 2.4, WANCommonInterfaceConfig:1 section 2.4). `held`: what was mapped. */
function actionsOf(service: string, held: Held): Record<string, Action> {
  const keyOf = (given: ReadonlyMap<string, string>) => ENTRY.map((name) => given.get(name) ?? '').join(' ')
  const told = (entry: ReadonlyMap<string, string> | undefined, names: readonly string[], fault: number) =>
    entry ? Object.fromEntries(names.map((name) => [name, entry.get(name) ?? ''])) : fault
  const keep = (given: ReadonlyMap<string, string>) => {
    if (held.entries.size < MOST_HELD) held.entries.set(keyOf(given), given)
  }
  if (service === COMMON)
    return {
      GetCommonLinkProperties: telling({
        NewWANAccessType: 'Ethernet',
        NewLayer1UpstreamMaxBitRate: OUTSIDE_BITS,
        NewLayer1DownstreamMaxBitRate: OUTSIDE_BITS,
        NewPhysicalLinkStatus: 'Up',
      }),
      GetTotalBytesSent: telling({ NewTotalBytesSent: '0' }),
      GetTotalBytesReceived: telling({ NewTotalBytesReceived: '0' }),
      GetTotalPacketsSent: telling({ NewTotalPacketsSent: '0' }),
      GetTotalPacketsReceived: telling({ NewTotalPacketsReceived: '0' }),
    }
  const first: Record<string, Action> = {
    GetConnectionTypeInfo: telling({ NewConnectionType: 'IP_Routed', NewPossibleConnectionTypes: 'IP_Routed' }),
    GetStatusInfo: telling({
      NewConnectionStatus: 'Connected',
      NewLastConnectionError: 'ERROR_NONE',
      NewUptime: '86400',
    }),
    GetNATRSIPStatus: telling({ NewRSIPAvailable: '0', NewNATEnabled: '1' }),
    GetExternalIPAddress: telling({ NewExternalIPAddress: held.outside }),
    AddPortMapping: { takes: [...ENTRY, ...REST], tells: (given) => (keep(given), {}) },
    DeletePortMapping: { takes: ENTRY, tells: (given) => (held.entries.delete(keyOf(given)) ? {} : NO_SUCH_ENTRY) },
    GetSpecificPortMappingEntry: {
      takes: ENTRY,
      tells: (given) => told(held.entries.get(keyOf(given)), REST, NO_SUCH_ENTRY),
      names: REST,
    },
    GetGenericPortMappingEntry: {
      takes: ['NewPortMappingIndex'],
      tells: (given) =>
        told([...held.entries.values()][Number(given.get('NewPortMappingIndex'))], [...ENTRY, ...REST], NO_SUCH_INDEX),
      names: [...ENTRY, ...REST],
    },
  }
  if (service !== connection(2)) return first
  return {
    ...first,
    AddAnyPortMapping: {
      takes: [...ENTRY, ...REST],
      tells: (given) => (keep(given), { NewReservedPort: given.get('NewExternalPort') ?? '0' }),
      names: ['NewReservedPort'],
    },
  }
}

const MOST_HELD = 256
const INVALID_ACTION = 401
const NO_SUCH_INDEX = 713
const NO_SUCH_ENTRY = 714

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] ?? '&quot;')
const element = (name: string, content: string): string => `<${name}>${content}</${name}>`
const document = (content: string): string => `<?xml version="1.0"?>\n${content}\n`

/** The description of the gateway (UPnP Device Architecture 1.1 section 2.3). */
export function descriptionOf({ root, wan, connection: own, version }: GatewayIdentity): string {
  const service = (type: string, path: string) =>
    element(
      'service',
      element('serviceType', type) +
        element('serviceId', `urn:upnp-org:serviceId:${path}`) +
        element('SCPDURL', `/${version}/${path}.xml`) +
        element('controlURL', `/${version}/${path}/control`) +
        element('eventSubURL', `/${version}/${path}/events`),
    )
  const device = (type: string, name: string, uuid: string, content: string) =>
    element(
      'device',
      element('deviceType', `${UPNP}:device:${type}:${version}`) +
        element('friendlyName', name) +
        element('manufacturer', 'Camseal') +
        element('modelName', 'Camseal lab gateway') +
        element('UDN', uuid) +
        content,
    )
  const wanIp = device(
    'WANConnectionDevice',
    'Connection',
    own,
    element('serviceList', service(connection(version), 'WANIPConn1')),
  )
  const common = element('serviceList', service(COMMON, 'WANCommonIFC1'))
  const outside = device('WANDevice', 'WAN', wan, common + element('deviceList', wanIp))
  const tree = device('InternetGatewayDevice', 'Camseal lab gateway', root, element('deviceList', outside))
  const about = element('specVersion', element('major', '1') + element('minor', '0'))
  return document(`<root xmlns="${UPNP}:device-1-0">${about}${tree}</root>`)
}

/** The actions of a service with their arguments (section 2.5). */
export function actionsDocument(service: string): string {
  const variables = new Set<string>()
  const argument = (direction: string) => (name: string) => {
    variables.add(name.slice('New'.length))
    const about = element('direction', direction) + element('relatedStateVariable', name.slice('New'.length))
    return element('argument', element('name', name) + about)
  }
  const actions = Object.entries(actionsOf(service, { outside: OUTSIDE, entries: new Map() })).map(
    ([name, { takes, names = [] }]) => {
      const list = [...takes.map(argument('in')), ...names.map(argument('out'))].join('')
      return element('action', element('name', name) + element('argumentList', list))
    },
  )
  const variable = (name: string) =>
    `<stateVariable sendEvents="no">${element('name', name)}${element('dataType', typeOf(name))}</stateVariable>`
  return document(
    `<scpd xmlns="${UPNP}:service-1-0">${element('specVersion', element('major', '1') + element('minor', '0'))}` +
      element('actionList', actions.join('')) +
      `${element('serviceStateTable', [...variables].map(variable).join(''))}</scpd>`,
  )
}

const typeOf = (name: string): string =>
  /Port$|Index$/.test(name)
    ? 'ui2'
    : /^(?:Enabled|.*Available|NATEnabled)$/.test(name)
      ? 'boolean'
      : /^(?:Lease|Total|Layer1|Uptime)/.test(name)
        ? 'ui4'
        : 'string'

/** The service that a path of a description belongs to; null where there is none. */
export function serviceAt(path: string): string | null {
  const [, version, name] = /^\/([12])\/(WANIPConn1|WANCommonIFC1)(?:\.xml|\/control)$/.exec(path) ?? []
  if (version === undefined) return null
  return name === 'WANCommonIFC1' ? COMMON : connection(Number(version))
}

export interface SoapReply {
  status: 200 | 500
  body: string
}

/** Answers an action (section 3.2). What is not known is no action. */
export function answerAction(service: string, request: Uint8Array, held: Held): SoapReply {
  const asked = actionOf(request)
  const known = asked ? actionsOf(service, held) : {}
  const action = asked && Object.hasOwn(known, asked.name) ? known[asked.name] : undefined
  const told = asked && action ? action.tells(asked.arguments) : INVALID_ACTION
  if (!asked || typeof told === 'number') {
    const fault = element('errorCode', String(told)) + element('errorDescription', 'no')
    const detail = element('detail', `<UPnPError xmlns="${UPNP}:control-1-0">${fault}</UPnPError>`)
    return {
      status: 500,
      body: envelope(`<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring>${detail}</s:Fault>`),
    }
  }
  const content = Object.entries(told).map(([name, value]) => element(name, escaped(value)))
  return {
    status: 200,
    body: envelope(`<u:${asked.name}Response xmlns:u="${service}">${content.join('')}</u:${asked.name}Response>`),
  }
}

const envelope = (content: string): string =>
  document(
    `<s:Envelope xmlns:s="${SOAP}" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>${content}</s:Body></s:Envelope>`,
  )
