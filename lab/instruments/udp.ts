import { createSocket, type Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import type { UdpAsk } from '../../suites/observations/udp-services.ts'
import type { Family } from '../../suites/statement.ts'
import type { Bench } from '../probe.ts'
import { sleep } from '../bench.ts'

const MOST_REPLIES = 8
const MOST_BYTES = 4096
/** What follows a first answer: some devices answer twice, or in several datagrams. */
const MORE_MS = 200
const MDNS_PORT = 5353

export interface UdpQuestion {
  family: Family
  /** The device's own address. */
  device: string
  /** Address of the lab to send from. */
  source: string
  /** The device's address, or a multicast group. */
  to: string
  port: number
  bytes: Uint8Array
  /** Connected sockets hear ICMP, but only answers from the port that was asked. Multicast is never connected. */
  connected: boolean
}

/** The network interface of the lab that has an address, 127/8 being all of the loopback's; null where none has. */
export function interfaceOf(address: string): { name: string; loopback: boolean } | null {
  for (const [name, infos = []] of Object.entries(networkInterfaces()))
    for (const info of infos) {
      const all = info.internal && info.address === '127.0.0.1' && address.startsWith('127.')
      if (all || info.address === address.split('%')[0]) return { name, loopback: info.internal }
    }
  return null
}

/**
 * Sends one datagram and waits for what the device answers. Only datagrams of the device's own address are kept, or of
 * the link-local address made of its MAC. The port unreachable of ICMP shows as ECONNREFUSED (RFC 1122 section 4.1.3.3).
 */
export async function askUdp(bench: Bench, q: UdpQuestion, milliseconds: number): Promise<UdpAsk> {
  await bench.attempt()
  const at = bench.now()
  const ask: UdpAsk = { at, outcome: 'silent', code: null, replies: [] }
  const socket = createSocket({ type: q.family === 'ipv6' ? 'udp6' : 'udp4', reuseAddr: isMdnsGroup(q) })
  const over = new AbortController()
  const signal = AbortSignal.any([bench.signal, over.signal])
  const own = ownAddresses(q, bench)
  let more: NodeJS.Timeout | undefined
  socket.on('message', (bytes, from) => {
    if (!own.has(from.address.split('%')[0] ?? '') || ask.replies.length >= MOST_REPLIES) return
    ask.outcome = 'answered'
    ask.replies.push({ elapsed: bench.now() - at, port: from.port, bytes: kept(bench, bytes) })
    more ??= setTimeout(() => over.abort(), MORE_MS)
  })
  socket.on('error', (fault: NodeJS.ErrnoException) => {
    if (ask.outcome === 'answered') return
    ask.outcome = fault.code === 'ECONNREFUSED' ? 'refused' : 'error'
    ask.code = ask.outcome === 'error' ? (fault.code ?? 'unknown') : null
    over.abort()
  })
  try {
    await bound(socket, q)
    if (q.connected) await connected(socket, q)
    await send(socket, q)
    await sleep(milliseconds, signal)
  } catch (fault) {
    socket.emit('error', fault)
  }
  clearTimeout(more)
  close(socket)
  return ask
}

const kept = (bench: Bench, bytes: Uint8Array): string =>
  Buffer.from(bench.redact(bytes)).subarray(0, MOST_BYTES).toString('base64')

const isGroup = ({ to, device }: UdpQuestion): boolean => to !== device
/** Who asks from 5353 hears responders that only answer to their group (RFC 6762 section 5.2). */
const isMdnsGroup = (q: UdpQuestion): boolean => isGroup(q) && q.port === MDNS_PORT

/** The device's address, and its link-local one where that is made of a declared MAC (RFC 4291 appendix A). */
function ownAddresses({ device, family }: UdpQuestion, { sample }: Bench): Set<string> {
  const own = new Set([device])
  if (family === 'ipv6')
    for (const mac of sample.macs) {
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac.split(':').map((part) => parseInt(part, 16))
      const words = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f]
      own.add(`fe80::${words.map((w) => w.toString(16)).join(':')}`)
    }
  return own
}

/** Binds to the lab's address; for a group, joins nothing but what must be joined to hear its answers. */
async function bound(socket: Socket, q: UdpQuestion): Promise<void> {
  const mdns = isMdnsGroup(q)
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(mdns ? { port: MDNS_PORT } : { address: q.source, port: 0 }, () => {
      socket.off('error', reject)
      resolve()
    })
  })
  if (!isGroup(q)) return
  const name = interfaceOf(q.source)?.name ?? ''
  const via = q.family === 'ipv6' ? `::%${name}` : q.source
  socket.setMulticastInterface(via)
  // RFC 6762 section 11; other groups must not leave the link.
  socket.setMulticastTTL(mdns ? 255 : 1)
  if (mdns) socket.addMembership(q.to, via)
}

async function connected(socket: Socket, q: UdpQuestion): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.connect(q.port, q.device, () => {
      socket.off('error', reject)
      resolve()
    })
  })
  const { address, port } = socket.address()
  // A loopback artefact: the lab would talk to itself.
  if (port === q.port && address === q.device) throw Object.assign(new Error('self'), { code: 'SELF' })
}

const send = (socket: Socket, q: UdpQuestion): Promise<void> =>
  new Promise((resolve, reject) => {
    const sent = (fault: Error | null) => (fault ? reject(fault) : resolve())
    if (q.connected) socket.send(q.bytes, sent)
    else socket.send(q.bytes, q.port, zoned(q), sent)
  })

/** An IPv6 group needs its interface. */
const zoned = (q: UdpQuestion): string =>
  isGroup(q) && q.family === 'ipv6' ? `${q.to}%${interfaceOf(q.source)?.name ?? ''}` : q.to

function close(socket: Socket): void {
  try {
    socket.close()
  } catch {
    // it closed itself with the error that was told
  }
}
