/** One packet as it was captured. */
export interface Captured {
  /** Microseconds since the epoch. */
  at: number
  bytes: Uint8Array
  /** Bytes on the wire, of which a capture may have kept fewer. */
  length: number
}

export interface PcapReader {
  /** Takes the next bytes of the file, cut anywhere; false once they can be no capture, and ever after. */
  push(chunk: Uint8Array): boolean
  /** LINKTYPE_ of the capture; null before its header has come. */
  link(): number | null
}

const FILE_HEADER = 24
const RECORD_HEADER = 16
/** The longest packet that tcpdump keeps unasked. */
const MOST_BYTES = 262_144

/**
 * Reads a capture file of either byte order, with microseconds or nanoseconds, packet by packet; at most one packet is in
 * memory. A length that cannot be ends the reading: everything after it would be made up.
 */
export function pcapReader(take: (packet: Captured) => void): PcapReader {
  let held = new Uint8Array(0)
  let format: { little: boolean; perMicro: number; link: number } | null = null
  let isBroken = false
  const number = (at: number, little: boolean): number => {
    const [a = 0, b = 0, c = 0, d = 0] = held.subarray(at, at + 4)
    return little ? a + b * 2 ** 8 + c * 2 ** 16 + d * 2 ** 24 : d + c * 2 ** 8 + b * 2 ** 16 + a * 2 ** 24
  }
  const header = (): boolean => {
    const magic = [number(0, true), number(0, false)]
    const little = magic[0] === MICROSECONDS || magic[0] === NANOSECONDS
    const found = little ? magic[0] : magic[1]
    if (found !== MICROSECONDS && found !== NANOSECONDS) return false
    format = { little, perMicro: found === NANOSECONDS ? 1000 : 1, link: number(20, little) % 2 ** 28 }
    return true
  }
  return {
    link: () => format?.link ?? null,
    push(chunk) {
      if (isBroken) return false
      held = joined(held, chunk)
      let at = 0
      if (format === null) {
        if (held.length < FILE_HEADER) return true
        if (!header()) return !(isBroken = true)
        at = FILE_HEADER
      }
      const { little, perMicro } = format as unknown as { little: boolean; perMicro: number }
      while (held.length - at >= RECORD_HEADER) {
        const kept = number(at + 8, little)
        if (kept > MOST_BYTES) return !(isBroken = true)
        const end = at + RECORD_HEADER + kept
        if (held.length < end) break
        const fraction = Math.floor(number(at + 4, little) / perMicro)
        take({
          at: number(at, little) * 1_000_000 + Math.min(fraction, 999_999),
          bytes: held.subarray(at + RECORD_HEADER, end),
          length: number(at + 12, little),
        })
        at = end
      }
      held = held.slice(at)
      return true
    },
  }
}

const MICROSECONDS = 0xa1b2c3d4
const NANOSECONDS = 0xa1b23c4d

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
