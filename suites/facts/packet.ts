/** What a packet says of itself, as far as conversations are told apart by it. */
export interface Packet {
  /** Addresses in the one spelling of `addressKey`. */
  source: string
  destination: string
  /** Hardware addresses, where the link has them. */
  sourceMac: string | null
  destinationMac: string | null
  /** Of the Internet protocol numbers: 6 is TCP, 17 is UDP. */
  protocol: number
  /** Ports of TCP and UDP; 0 elsewhere, and in fragments but the first. */
  sourcePort: number
  destinationPort: number
  /** Flags and sequence number of TCP; 0 elsewhere. */
  flags: number
  sequence: number
  payload: Uint8Array
  isLaterFragment: boolean
}

export const TCP = 6
export const UDP = 17
export const SYN = 2
export const RST = 4
export const ACK = 16

/** LINKTYPE_ values that can be read: Ethernet, raw IP, and both of Linux for all interfaces at once. */
const ETHERNET = 1
const RAW = 101
const SLL = 113
const SLL2 = 276

/** Headers before the one that is asked for; a packet of nothing but extension headers says nothing. */
const MOST_EXTENSIONS = 8
const EXTENSIONS = new Set([0, 43, 60])
const FRAGMENT = 44

interface Framed {
  type: number
  at: number
  sourceMac: string | null
  destinationMac: string | null
}

/** Reads an IPv4 or IPv6 packet (RFC 791, RFC 8200) with its TCP or UDP header; null for anything else or less. */
export function packetOf(link: number, bytes: Uint8Array): Packet | null {
  const frame = framed(link, bytes)
  if (frame === null) return null
  const ip = bytes.subarray(frame.at)
  const version = (ip[0] ?? 0) >> 4
  const found = version === 4 ? ipv4(ip) : version === 6 ? ipv6(ip) : null
  if (found === null) return null
  const { content, ...network } = found
  const { sourceMac, destinationMac } = frame
  const none = { sourcePort: 0, destinationPort: 0, flags: 0, sequence: 0, payload: content }
  const transport = network.isLaterFragment ? none : (transportOf(network.protocol, content) ?? none)
  return { sourceMac, destinationMac, ...network, ...transport }
}

function framed(link: number, bytes: Uint8Array): Framed | null {
  const none = { sourceMac: null, destinationMac: null }
  if (link === RAW) return { type: 0, at: 0, ...none }
  if (link === SLL) return bytes.length < 16 ? null : { type: u16(bytes, 14), at: 16, ...none }
  if (link === SLL2) return bytes.length < 20 ? null : { type: u16(bytes, 0), at: 20, ...none }
  if (link !== ETHERNET || bytes.length < 14) return null
  let at = 12
  // Tags of virtual networks (IEEE 802.1Q), one in the other at most once.
  for (let tags = 0; tags < 2 && (u16(bytes, at) === 0x8100 || u16(bytes, at) === 0x88a8); tags++) at += 4
  const type = u16(bytes, at)
  if (type !== 0x0800 && type !== 0x86dd) return null
  return { type, at: at + 2, sourceMac: mac(bytes, 6), destinationMac: mac(bytes, 0) }
}

type Network = Pick<Packet, 'source' | 'destination' | 'protocol' | 'isLaterFragment'> & { content: Uint8Array }

function ipv4(ip: Uint8Array): Network | null {
  const header = ((ip[0] ?? 0) & 15) * 4
  if (header < 20 || ip.length < header) return null
  // An interface that cuts big packets itself may leave the length at 0.
  const total = u16(ip, 2) || ip.length
  return {
    source: [...ip.subarray(12, 16)].join('.'),
    destination: [...ip.subarray(16, 20)].join('.'),
    protocol: ip[9] ?? 0,
    isLaterFragment: (u16(ip, 6) & 0x1fff) > 0,
    content: ip.subarray(header, Math.max(header, total)),
  }
}

function ipv6(ip: Uint8Array): Network | null {
  if (ip.length < 40) return null
  const total = u16(ip, 4) === 0 ? ip.length : 40 + u16(ip, 4)
  const all = ip.subarray(0, total)
  let protocol = ip[6] ?? 0
  let at = 40
  let isLaterFragment = false
  for (let i = 0; i < MOST_EXTENSIONS; i++) {
    if (EXTENSIONS.has(protocol)) {
      protocol = all[at] ?? 59
      at += ((all[at + 1] ?? 0) + 1) * 8
    } else if (protocol === FRAGMENT) {
      isLaterFragment ||= (u16(all, at + 2) & 0xfff8) > 0
      protocol = all[at] ?? 59
      at += 8
    } else break
  }
  return { source: groups(ip, 8), destination: groups(ip, 24), protocol, isLaterFragment, content: all.subarray(at) }
}

function transportOf(
  protocol: number,
  bytes: Uint8Array,
): Pick<Packet, 'sourcePort' | 'destinationPort' | 'flags' | 'sequence' | 'payload'> | null {
  const ports = { sourcePort: u16(bytes, 0), destinationPort: u16(bytes, 2) }
  if (protocol === UDP && bytes.length >= 8) return { ...ports, flags: 0, sequence: 0, payload: bytes.subarray(8) }
  if (protocol !== TCP || bytes.length < 20) return null
  const header = ((bytes[12] ?? 0) >> 4) * 4
  if (header < 20) return null
  const sequence = u16(bytes, 4) * 65_536 + u16(bytes, 6)
  return { ...ports, flags: bytes[13] ?? 0, sequence, payload: bytes.subarray(header) }
}

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
const groups = (bytes: Uint8Array, at: number): string =>
  [0, 2, 4, 6, 8, 10, 12, 14].map((i) => u16(bytes, at + i).toString(16)).join(':')
const mac = (bytes: Uint8Array, at: number): string =>
  [...bytes.subarray(at, at + 6)].map((b) => b.toString(16).padStart(2, '0')).join(':')

/** Whether an address, in the spelling of `addressKey`, is that of a group or of everybody. */
export const isGroup = (address: string): boolean =>
  address.includes(':')
    ? /^ff[0-9a-f]{2}:/.test(address)
    : address === '255.255.255.255' || /^2(?:2[4-9]|3\d)\./.test(address)
