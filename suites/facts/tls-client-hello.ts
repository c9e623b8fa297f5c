import { HANDSHAKE, TLS_VERSIONS, WIRE_VERSION, type TlsVersion } from './tls-records.ts'

/** What a ClientHello offers (RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2). */
export interface ClientHello {
  /** Newest of the versions that are offered and known here. */
  version: TlsVersion
  suites: number[]
  compressions: number[]
  groups: number[]
  /** TLS_FALLBACK_SCSV is among the suites (RFC 7507). */
  fallback: boolean
}

const FALLBACK = 0x5600

/** Reads one ClientHello record as it was sent; null where it is none. */
export function clientHelloOf(bytes: Uint8Array): ClientHello | null {
  if (bytes[0] !== HANDSHAKE || bytes[5] !== 1 || bytes.length < 44) return null
  const suitesAt = 44 + (bytes[43] ?? 0)
  const methodsAt = suitesAt + 2 + u16(bytes, suitesAt)
  const extensionsAt = methodsAt + 1 + (bytes[methodsAt] ?? 0)
  if (extensionsAt > bytes.length) return null
  let versions = [u16(bytes, 9)]
  let groups: number[] = []
  const end = Math.min(bytes.length, extensionsAt + 2 + u16(bytes, extensionsAt))
  for (let at = extensionsAt + 2; at + 4 <= end; at += 4 + u16(bytes, at + 2)) {
    const content = bytes.subarray(at + 4, Math.min(end, at + 4 + u16(bytes, at + 2)))
    if (u16(bytes, at) === 10) groups = numbers(content.subarray(2))
    if (u16(bytes, at) === 43) versions = numbers(content.subarray(1))
  }
  const version = [...TLS_VERSIONS].reverse().find((v) => versions.includes(WIRE_VERSION[v]))
  const suites = numbers(bytes.subarray(suitesAt + 2, methodsAt))
  const compressions = [...bytes.subarray(methodsAt + 1, extensionsAt)]
  return version ? { version, suites, compressions, groups, fallback: suites.includes(FALLBACK) } : null
}

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
const numbers = (bytes: Uint8Array): number[] =>
  Array.from({ length: Math.floor(bytes.length / 2) }, (_, i) => u16(bytes, 2 * i))
