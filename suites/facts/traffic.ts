import { MOST_CONTACTS, MOST_GROUPS, MOST_NAMES, type Contact, type Traffic } from '../observations/traffic.ts'
import { dnsOf } from './dns.ts'
import { ACK, isGroup, RST, SYN, TCP, UDP, type Packet } from './packet.ts'
import { serverNameOf } from './tls-server-name.ts'

type Summary = Pick<
  Traffic,
  'contacts' | 'left' | 'names' | 'namesLeft' | 'groups' | 'groupsLeft' | 'askedBy' | 'packets'
>

export interface TrafficReducer {
  /** One packet in the order of the capture; null for one that could not be read. */
  take(packet: Packet | null, at: number, length: number): void
  result(): Summary
}

interface Flow {
  start: 'device' | 'peer' | 'unseen'
  contact: Contact | null
  /** The beginning of what the device says over TCP, until a name was found in it. */
  hello: { next: number; bytes: Uint8Array } | null
}

/** Conversations at once that are told apart; of more, the oldest is forgotten and seen as a new one. */
const MOST_FLOWS = 20_000
const MOST_ASKERS = 20_000
const MOST_HOSTS = 64
const MOST_OWN_PORTS = 16
const MOST_SERVER_NAMES = 8
const MOST_ADDRESSES = 16
const MOST_HELLO_BYTES = 4_096
const DNS = 53
/** ICMP, IGMP, ICMPv6 with neighbour discovery, and "nothing follows": no contact. */
const CONTROL = new Set([1, 2, 58, 59])
/** DHCP and DHCPv6: how a device gets its address. */
const CONFIGURATION = new Set([67, 68, 546, 547])
const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff'

/**
 * Tells what a device began from what it answered. TCP: who sent the first SYN (RFC 9293 section 3.5), which the answer
 * to it shows as well. UDP: who sent first, where an answer may come from another port than the one that was asked (RFC
 * 1350 section 4) and a question to a group is answered to whoever asked it. Bounded, whatever comes.
 */
export function trafficReducer(device: ReadonlySet<string>): TrafficReducer {
  const flows = new Map<string, Flow>()
  const contacts = new Map<string, Contact>()
  const names = new Map<string, Summary['names'][number]>()
  const groups = new Map<string, Summary['groups'][number]>()
  const askers = new Set<string>()
  const hosts = new Set<string>()
  const packets = { device: 0, others: 0, unread: 0 }
  const left = { contacts: 0, names: 0, groups: 0 }

  const asked = (p: Packet, address: string, port: number): void => {
    if (askers.size < MOST_ASKERS) askers.add(`${p.protocol} ${address} ${port}`)
    if (hosts.size < MOST_HOSTS) hosts.add(address)
  }

  /** The flow of a packet; `own` is the device's end of it. */
  const flowOf = (p: Packet, fromDevice: boolean): Flow => {
    const [own, ownPort, peer, port] = fromDevice
      ? [p.source, p.sourcePort, p.destination, p.destinationPort]
      : [p.destination, p.destinationPort, p.source, p.sourcePort]
    const key = `${p.protocol} ${own} ${ownPort} ${peer} ${port}`
    let flow = flows.get(key)
    const isOpening = p.protocol === TCP && (p.flags & (SYN | ACK | RST)) === SYN
    if (flow && !isOpening) return flow
    flow = { start: startOf(p, fromDevice, askers.has(`${p.protocol} ${peer} ${port}`)), contact: null, hello: null }
    if (flow.start === 'peer' && !(p.protocol === UDP && fromDevice)) asked(p, peer, port)
    // A SYN sent once more opens nothing new.
    const before = flows.get(key)
    if (before?.start === flow.start) return before
    if (flows.size >= MOST_FLOWS) for (const first of flows.keys()) if (flows.delete(first)) break
    flows.set(key, flow)
    return flow
  }

  const contactOf = (p: Packet, start: Contact['start'], at: number): Contact | null => {
    const transport = p.protocol === TCP ? 'tcp' : p.protocol === UDP ? 'udp' : 'ip'
    const port = transport === 'ip' ? p.protocol : p.destinationPort
    const key = `${transport} ${p.source} ${p.destination} ${port} ${start}`
    const known = contacts.get(key)
    if (known) return known
    if (contacts.size >= MOST_CONTACTS) return null
    const made: Contact = {
      transport,
      from: p.source,
      peer: p.destination,
      port,
      start,
      firstAt: at,
      lastAt: at,
      conversations: 0,
      packets: 0,
      bytes: 0,
      answers: 0,
      ownPorts: [],
      names: [],
    }
    contacts.set(key, made)
    return made
  }

  const toGroup = (p: Packet): void => {
    const key = `${p.destination} ${p.destinationPort}`
    const known = groups.get(key)
    if (known) known.packets++
    else if (groups.size >= MOST_GROUPS) left.groups++
    else groups.set(key, { group: p.destination, port: p.destinationPort, packets: 1 })
  }

  const ofDevice = (p: Packet, at: number, length: number): void => {
    if (p.isLaterFragment) return
    if (isGroup(p.destination) || p.destinationMac === BROADCAST_MAC) return toGroup(p)
    const flow = flowOf(p, true)
    if (flow.start === 'peer') return
    if (flow.contact === null) {
      flow.contact = contactOf(p, flow.start, at)
      if (flow.contact === null) return void left.contacts++
      flow.contact.conversations++
      if (flow.start === 'device' && p.protocol === TCP)
        flow.hello = { next: (p.sequence + ((p.flags & SYN) === 0 ? 0 : 1)) % 2 ** 32, bytes: new Uint8Array(0) }
      const ports = flow.contact.ownPorts
      if (ports.length < MOST_OWN_PORTS && !ports.includes(p.sourcePort)) ports.push(p.sourcePort)
    }
    flow.contact.packets++
    flow.contact.bytes += length
    flow.contact.lastAt = Math.max(flow.contact.lastAt, at)
    if (flow.hello) helloOf(flow, p)
    if (p.protocol === UDP && p.destinationPort === DNS) question(p, at)
  }

  const question = (p: Packet, at: number): void => {
    const message = dnsOf(p.payload)
    if (message === null || message.isAnswer) return
    const known = names.get(message.name)
    if (known) known.times++
    else if (names.size >= MOST_NAMES) left.names++
    else names.set(message.name, { name: message.name, resolver: p.destination, firstAt: at, times: 1, addresses: [] })
  }

  const ofOthers = (p: Packet): void => {
    if (p.isLaterFragment) return
    if (isGroup(p.destination)) return p.protocol === UDP ? asked(p, p.source, p.sourcePort) : undefined
    if (!device.has(p.destination)) return
    const flow = flowOf(p, false)
    if (flow.contact) flow.contact.answers++
    if (p.protocol !== UDP || p.sourcePort !== DNS) return
    const message = dnsOf(p.payload)
    const known = message?.isAnswer ? names.get(message.name) : undefined
    for (const a of message?.addresses ?? [])
      if (known && known.addresses.length < MOST_ADDRESSES && !known.addresses.includes(a)) known.addresses.push(a)
  }

  return {
    take(packet, at, length) {
      if (packet === null) return void packets.unread++
      const isOwn = device.has(packet.source) || (packet.sourceMac !== null && device.has(packet.sourceMac))
      if (isOwn) packets.device++
      else packets.others++
      if (CONTROL.has(packet.protocol)) return
      const ports = [packet.sourcePort, packet.destinationPort]
      if (packet.protocol === UDP && ports.every((port) => CONFIGURATION.has(port))) return
      // What it says to itself passes only a loopback.
      if (isOwn && device.has(packet.destination)) return
      if (isOwn) ofDevice(packet, at, length)
      else ofOthers(packet)
    },
    result: () => ({
      contacts: [...contacts.values()].map((c) => ({ ...c, ownPorts: [...c.ownPorts].sort((a, b) => a - b) })),
      left: left.contacts,
      names: [...names.values()],
      namesLeft: left.names,
      groups: [...groups.values()],
      groupsLeft: left.groups,
      askedBy: [...hosts].sort(),
      packets: { ...packets },
    }),
  }
}

function startOf({ protocol, flags }: Packet, fromDevice: boolean, peerAsked: boolean): Flow['start'] {
  if (protocol !== TCP) return fromDevice && !peerAsked ? 'device' : 'peer'
  if ((flags & SYN) === 0) return 'unseen'
  return ((flags & ACK) === 0) === fromDevice ? 'device' : 'peer'
}

/** Joins what comes in order; a packet that is missing or comes late ends the search. */
function helloOf(flow: Flow, { sequence, flags, payload }: Packet): void {
  if (!flow.hello || payload.length === 0 || (flags & SYN) !== 0) return
  const { next, bytes } = flow.hello
  if (sequence !== next) {
    const behind = (next - sequence + 2 ** 32) % 2 ** 32
    if (behind > 2 ** 31) flow.hello = null
    return
  }
  const both = new Uint8Array(Math.min(bytes.length + payload.length, MOST_HELLO_BYTES))
  both.set(bytes)
  both.set(payload.subarray(0, both.length - bytes.length), bytes.length)
  const found = serverNameOf(both)
  const known = flow.contact?.names
  if (found.name !== null && known && known.length < MOST_SERVER_NAMES && !known.includes(found.name))
    known.push(found.name)
  flow.hello =
    found.isWhole || both.length === MOST_HELLO_BYTES
      ? null
      : { next: (sequence + payload.length) % 2 ** 32, bytes: both }
}
