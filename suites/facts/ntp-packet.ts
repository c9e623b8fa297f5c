import { latin1 } from './bytes.ts'

/** The fields of an NTP packet (RFC 5905 section 7.3) that are looked at; timestamps as 16 hexadecimal digits. */
export interface NtpPacket {
  /** 3: the clock of the sender is not synchronised. */
  leap: number
  version: number
  /** 3 of a client, 4 of a server. */
  mode: number
  /** 0: a kiss-o'-death (section 7.4). 16: not synchronised. */
  stratum: number
  /** Four characters: the source, or the code of a kiss-o'-death. */
  reference: string
  origin: string
  receive: string
  transmit: string
}

const HEADER_BYTES = 48
/** What a whole packet with extension fields and a digest may have; anything longer is something else. */
const MOST_BYTES = 1_024
export const NO_TIMESTAMP = '0'.repeat(16)

export function ntpPacketOf(bytes: Uint8Array): NtpPacket | null {
  if (bytes.length < HEADER_BYTES || bytes.length > MOST_BYTES) return null
  const [first = 0, stratum = 0] = bytes
  const timestamp = (at: number) =>
    [...bytes.subarray(at, at + 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return {
    leap: first >> 6,
    version: (first >> 3) & 7,
    mode: first & 7,
    stratum,
    reference: latin1(bytes.subarray(12, 16)),
    origin: timestamp(24),
    receive: timestamp(32),
    transmit: timestamp(40),
  }
}

/** A request of a client that a server answers, in any version still in use. */
export const isRequest = ({ mode, version }: NtpPacket): boolean => mode === 3 && version >= 1 && version <= 4

/** Seconds from 1900 to 1970. */
const EPOCH_SECONDS = 2_208_988_800
const ERA_SECONDS = 2 ** 32

/** A timestamp as microseconds since 1970: from 1968 on, for what has its first bit set, else from 2036 on (RFC 4330 section 3). */
export function microsOf(timestamp: string): number {
  const seconds = parseInt(timestamp.slice(0, 8), 16)
  const fraction = parseInt(timestamp.slice(8), 16)
  const era = seconds >= ERA_SECONDS / 2 ? 0 : ERA_SECONDS
  return (seconds + era - EPOCH_SECONDS) * 1_000_000 + Math.floor((fraction * 1_000_000) / ERA_SECONDS)
}

/** The timestamp of an instant in microseconds since 1970. */
export function timestampOf(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000)
  const fraction = Math.ceil(((micros - seconds * 1_000_000) * ERA_SECONDS) / 1_000_000)
  const hex = (n: number) => n.toString(16).padStart(8, '0')
  return hex((seconds + EPOCH_SECONDS) % ERA_SECONDS) + hex(fraction)
}
