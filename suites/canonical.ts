import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/**
 * The one canonical form of everything digested (RFC 8785). Numbers are safe integers only: a fraction
 * or an exponent would be written differently by other implementations.
 * @throws TypeError naming the path of a value that has no canonical form
 */
export function canonical(value: unknown, path = ''): string {
  if (value === null || typeof value === 'boolean') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError(`${path || '/'}: ${value} is not a safe integer`)
    return String(value === 0 ? 0 : value)
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new TypeError(`${path || '/'}: lone surrogate`)
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map((v, i) => canonical(v, `${path}/${i}`)).join(',')}]`
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined)
    entries.sort(([a], [b]) => byCodeUnit(a, b))
    return `{${entries.map(([k, v]) => `${canonical(k, path)}:${canonical(v, `${path}/${k}`)}`).join(',')}}`
  }
  throw new TypeError(`${path || '/'}: a ${typeof value} has no canonical form`)
}

/** SHA-256 of the canonical form, lower-case hexadecimal. */
export const digestOf = (value: unknown): string => bytesToHex(sha256(utf8ToBytes(canonical(value))))

/** SHA-256 of bytes, lower-case hexadecimal. */
export const digestOfBytes = (bytes: Uint8Array): string => bytesToHex(sha256(bytes))

/** Order of UTF-16 code units: the same on every machine and in every language. */
export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
