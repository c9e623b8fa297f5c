import { latin1 } from './bytes.ts'
import { childOf, readXml } from './xml.ts'

/** A door to the Internet that a device asked its gateway for. */
export interface PortMapping {
  transport: 'tcp' | 'udp' | 'all' | 'other'
  /** Port of the host behind the gateway; 0: every port, or none that could be read. */
  internal: number
  /** Port at the gateway; 0: whichever it gives. */
  external: number
  /** 0: as long as the gateway keeps it. */
  seconds: number
  /** The host that is to be reached, as it was named; empty: whoever asked. */
  client: string
  description: string
}

/** What one message to the gateway asks for. `outside`: the address that the gateway has on the Internet. */
export type GatewayAsk =
  | { is: 'mapping'; how: string; mapping: PortMapping }
  | { is: 'removal'; how: string }
  | { is: 'outside'; how: string }
  | { is: 'question'; how: string }
  | { is: 'unread' }

const MOST_TEXT = 200
const HEX = 16

/** The target of a search (UPnP Device Architecture 1.1 section 1.3.2); null for what is none. */
export function searchTargetOf(bytes: Uint8Array): string | null {
  const [first = '', ...lines] = latin1(bytes.subarray(0, 2048)).split(/\r?\n/)
  if (!/^M-SEARCH \* HTTP\/1\.[01]\s*$/.test(first)) return null
  const header = (name: string): string =>
    lines
      .find((l) => l.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim() ?? ''
  const target = header('st').slice(0, MOST_TEXT)
  return /ssdp:discover/.test(header('man')) && target !== '' ? target : null
}

/** The action of a SOAP request with its arguments, whatever prefixes it uses; null for what is none. */
export function actionOf(bytes: Uint8Array): { service: string; name: string; arguments: Map<string, string> } | null {
  const text = latin1(bytes)
  const head = text.search(/\r?\n\r?\n/)
  if (head < 0 || !text.startsWith('POST ')) return null
  const { root } = readXml(text.slice(head).trimStart())
  const element = root?.name === 'Envelope' ? childOf(root, 'Body')?.children[0] : undefined
  if (!element) return null
  const given = element.children.map((c) => [c.name, c.text.trim().slice(0, MOST_TEXT)] as const)
  return {
    service: element.namespace.slice(0, MOST_TEXT),
    name: element.name.slice(0, MOST_TEXT),
    arguments: new Map(given),
  }
}

/**
 * What a device asks of an Internet Gateway Device over HTTP (WANIPConnection:1 and :2, section 2.4 and 2.5). An action
 * that only its header tells is still that action.
 */
export function upnpAskOf(bytes: Uint8Array): GatewayAsk {
  const head = latin1(bytes.subarray(0, 4096))
  const [, method = '', target = ''] = /^([A-Z-]{1,16}) (\S{1,1024}) HTTP\/1\.[01]\r?\n/.exec(head) ?? []
  if (method === '') return { is: 'unread' }
  if (method !== 'POST') return { is: 'question', how: `${method} ${target.slice(0, MOST_TEXT)}` }
  const action = actionOf(bytes)
  const how = action?.name ?? /\nsoapaction:[^\r\n]*#(\w{1,64})/i.exec(head)?.[1]
  if (how === undefined) return { is: 'unread' }
  const given = (name: string): string => action?.arguments.get(name) ?? ''
  if (how === 'AddPortMapping' || how === 'AddAnyPortMapping')
    return /^(?:0|false|no)$/i.test(given('NewEnabled'))
      ? { is: 'question', how: `${how} (off)` }
      : {
          is: 'mapping',
          how,
          mapping: {
            transport: transportNamed(given('NewProtocol')),
            internal: numberIn(given('NewInternalPort'), 0xffff),
            external: numberIn(given('NewExternalPort'), 0xffff),
            seconds: numberIn(given('NewLeaseDuration'), 0xffffffff),
            client: given('NewInternalClient'),
            description: given('NewPortMappingDescription'),
          },
        }
  if (/^DeletePortMapping/.test(how)) return { is: 'removal', how }
  return { is: how === 'GetExternalIPAddress' ? 'outside' : 'question', how }
}

/** What a datagram to port 5351 asks for: NAT-PMP (RFC 6886 section 3) or PCP (RFC 6887 sections 7 and 11). */
export function natAskOf(bytes: Uint8Array): GatewayAsk {
  const [version, code = 0xff] = bytes
  if (version === 0) {
    if (code === 0) return { is: 'outside', how: 'NAT-PMP' }
    if (code > 2 || bytes.length < 12) return { is: 'unread' }
    return mapped('NAT-PMP', u32(bytes, 8), {
      transport: code === 1 ? 'udp' : 'tcp',
      internal: u16(bytes, 4),
      external: u16(bytes, 6),
      client: '',
    })
  }
  if (version !== 2 || bytes.length < 24 || code > 2) return { is: 'unread' }
  if (code === 0) return { is: 'question', how: 'PCP ANNOUNCE' }
  if (code === 2) return { is: 'question', how: 'PCP PEER' }
  if (bytes.length < 60) return { is: 'unread' }
  return mapped('PCP MAP', u32(bytes, 4), {
    transport: TRANSPORTS[bytes[36] ?? 255] ?? 'other',
    internal: u16(bytes, 40),
    external: u16(bytes, 42),
    client: addressAt(bytes, 8),
  })
}

const TRANSPORTS: Record<number, PortMapping['transport']> = { 0: 'all', 6: 'tcp', 17: 'udp' }

/** A lifetime of nothing takes a mapping away (RFC 6886 section 3.4, RFC 6887 section 11.1). */
const mapped = (how: string, seconds: number, rest: Omit<PortMapping, 'seconds' | 'description'>): GatewayAsk =>
  seconds === 0 ? { is: 'removal', how } : { is: 'mapping', how, mapping: { ...rest, seconds, description: '' } }

/** The address of the client in a request of PCP, IPv4 as ::ffff:0:0/96 (RFC 6887 section 5). */
export function addressAt(bytes: Uint8Array, at: number): string {
  const own = bytes.subarray(at, at + 16)
  const isIpv4 = own.subarray(0, 10).every((b) => b === 0) && own[10] === 0xff && own[11] === 0xff
  if (isIpv4) return [...own.subarray(12)].join('.')
  return [0, 2, 4, 6, 8, 10, 12, 14].map((o) => u16(own, o).toString(HEX)).join(':')
}

const transportNamed = (name: string): PortMapping['transport'] =>
  name.toUpperCase() === 'TCP' ? 'tcp' : name.toUpperCase() === 'UDP' ? 'udp' : 'other'

const numberIn = (text: string, most: number): number =>
  /^[0-9]{1,10}$/.test(text) && Number(text) <= most ? Number(text) : 0

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
const u32 = (bytes: Uint8Array, at: number): number => u16(bytes, at) * 65_536 + u16(bytes, at + 2)

/** Networks that are not the Internet (RFC 6890 and its registry), as first and last address. */
const ELSEWHERE: readonly (readonly [number, number])[] = (
  [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.31.196.0', 24],
    ['192.52.193.0', 24],
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
    ['192.175.48.0', 24],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 3],
  ] as const
).map(([address, length]) => [valueOf(address), valueOf(address) + 2 ** (32 - length) - 1])

function valueOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

/** Whether an IPv4 address is one of the Internet: some clients ask a gateway for a mapping only then. */
export const isOfInternet = (address: string): boolean =>
  /^(?:\d{1,3}\.){3}\d{1,3}$/.test(address) &&
  !ELSEWHERE.some(([a, b]) => a <= valueOf(address) && valueOf(address) <= b)
