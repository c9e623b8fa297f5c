import { HANDSHAKE } from './tls-records.ts'

const SERVER_NAME = 0
const CLIENT_HELLO = 1

/**
 * The name of the server in a ClientHello (RFC 6066 section 3), from the beginning of what a client sends. `isWhole`: more
 * bytes would not change it. The name in lower case; bytes that no host name has as \DDD.
 */
export function serverNameOf(bytes: Uint8Array): { name: string | null; isWhole: boolean } {
  if ((bytes.length > 0 && bytes[0] !== HANDSHAKE) || (bytes.length > 5 && bytes[5] !== CLIENT_HELLO))
    return { name: null, isWhole: true }
  const end = 9 + ((bytes[6] ?? 0) << 16) + u16(bytes, 7)
  if (bytes.length < 9 || bytes.length < end) return { name: null, isWhole: false }
  const suites = 44 + (bytes[43] ?? 0)
  const methods = suites + 2 + u16(bytes, suites)
  let at = methods + 1 + (bytes[methods] ?? 0) + 2
  while (at + 4 <= end) {
    const [type, length] = [u16(bytes, at), u16(bytes, at + 2)]
    // A list of names, of which the first is a host name: its type, its length, itself.
    if (type === SERVER_NAME && bytes[at + 6] === 0) {
      const name = bytes.subarray(at + 9, Math.min(end, at + 9 + u16(bytes, at + 7)))
      return { name: name.length === 0 || name.length > 255 ? null : [...name].map(letter).join(''), isWhole: true }
    }
    at += 4 + length
  }
  return { name: null, isWhole: true }
}

const letter = (byte: number): string => {
  const text = String.fromCharCode(byte)
  return /[A-Za-z0-9_.-]/.test(text) ? text.toLowerCase() : `\\${String(byte).padStart(3, '0')}`
}

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
