import { networkInterfaces } from 'node:os'
import { FAMILIES, type Family, type Sample } from '../../suites/statement.ts'
import { interfaceOf } from '../instruments/udp.ts'

/** Where the packets of a sample can be seen, and how they are told from others. */
export interface CapturePlace {
  interface: string
  link: 'loopback' | 'network'
  filter: string
  /** Addresses and MACs, in tcpdump's spelling. */
  device: string[]
}

/**
 * The interface that the way to the device goes through, or all of them where there are several; null where the lab has
 * no way. The filter leaves out what a port sweep consists of, which would be a hundred thousand packets: SYNs to the
 * device and its RSTs. What the device begins shows by its own SYN, what it answers by its SYN with ACK.
 */
export function capturePlace(
  sample: Sample,
  sources: (family: Family) => string[],
  wanted: string | undefined,
): CapturePlace | null {
  const found = FAMILIES.flatMap((family) => {
    const address = sample.addresses[family]
    const source = sources(family)[0]
    if (address === null || source === undefined) return []
    const own = interfaceOf(address) !== null
    const name = own ? loopbackName() : interfaceOf(source)?.name
    return name === undefined ? [] : [{ name, own }]
  })
  const [first] = found
  const device = [sample.addresses.ipv4, sample.addresses.ipv6].flatMap((a) => (a === null ? [] : [bare(a)]))
  if (!first || device.length === 0) return null
  const isLoopback = found.every((f) => f.own)
  const on = wanted ?? (found.every((f) => f.name === first.name) ? first.name : 'any')
  const macs = isLoopback || on === 'any' ? [] : sample.macs.map((m) => m.toLowerCase())
  const linkLocal = macs.flatMap((m) => linkLocalOf(m) ?? [])
  const addresses = [...device, ...linkLocal]
  const ofDevice = [...addresses.map((a) => `host ${a}`), ...macs.map((m) => `ether src ${m}`)].join(' or ')
  const probing = addresses.flatMap((a) =>
    a.includes(':')
      ? [`(dst host ${a} and ip6[6] = 6 and ip6[53] & 0x12 = 2)`, `(src host ${a} and ip6[6] = 6 and ip6[53] & 4 != 0)`]
      : [`(dst host ${a} and tcp[13] & 0x12 = 2)`, `(src host ${a} and tcp[13] & 4 != 0)`],
  )
  return {
    interface: on,
    link: isLoopback ? 'loopback' : 'network',
    // Questions to groups make answers to them no contacts of the device.
    filter: `(${ofDevice} or (udp and (ip multicast or ip6 multicast))) and not (${probing.join(' or ')})`,
    device: [...addresses, ...macs],
  }
}

const bare = (address: string): string => address.split('%')[0] ?? ''

const loopbackName = (): string | undefined =>
  Object.entries(networkInterfaces()).find(([, infos]) => infos?.some((i) => i.internal))?.[0]

/** RFC 4291 appendix A. */
function linkLocalOf(mac: string): string | null {
  const bytes = mac.split(':').map((part) => parseInt(part, 16))
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes
  if (bytes.length !== 6 || bytes.some(Number.isNaN)) return null
  const words = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f]
  return `fe80::${words.map((w) => w.toString(16)).join(':')}`
}
