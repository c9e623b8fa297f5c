import { hexDigit, isWord, reads, type Pattern } from './redact-bytes.ts'

export function exactPattern(name: string, form: readonly number[], short: boolean): Pattern {
  return {
    name,
    firstBytes: form.slice(0, 1),
    bytes: form,
    match(bytes, at) {
      for (let i = 0; i < form.length; i++) if (bytes[at + i] !== form[i]) return -1
      const to = at + form.length
      const word = (i: number) => (bytes[i] === 0 && isWord(bytes[i + 1])) || (bytes[i + 1] === 0 && isWord(bytes[i]))
      return short && (word(at - 2) || word(to)) ? -1 : to
    },
  }
}

export function hexPattern(name: string, form: readonly number[], short: boolean): Pattern {
  const digits = form.flatMap((b) => [b >> 4, b & 15])
  const spellings = (digit: number) =>
    [...digit.toString(16)].flatMap((c) => [c.charCodeAt(0), c.toUpperCase().charCodeAt(0)])
  return {
    name,
    firstBytes: [...new Set(spellings(digits[0] ?? 0))],
    bytes: [],
    match(bytes, at) {
      for (let i = 0; i < digits.length; i++) if (hexDigit(bytes[at + i]) !== digits[i]) return -1
      const to = at + digits.length
      return short && (isWord(bytes[at - 1]) || isWord(bytes[to])) ? -1 : to
    },
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const LATE_DIGITS: Record<number, string[]> = { 62: ['+', '-', '%2B', '%2b'], 63: ['/', '_', '\\/', '%2F', '%2f'] }
const spellingsOf = (digit: number): string[] => LATE_DIGITS[digit] ?? [ALPHABET[digit] ?? '']

/** The value of a Base64 character of either alphabet; -1 for anything else. */
const base64Digit = (() => {
  const table = new Int8Array(256).fill(-1)
  for (let digit = 0; digit < 64; digit++)
    for (const s of spellingsOf(digit)) if (s.length === 1) table[s.charCodeAt(0)] = digit
  return (byte: number | undefined): number => (byte === undefined ? -1 : (table[byte] ?? -1))
})()

/** The length of a `+` or `/` written in more than one byte; 0 for anything else. */
const lateDigitLength = (digit: number, bytes: Uint8Array, at: number): number =>
  LATE_DIGITS[digit]?.find((s) => s.length > 1 && reads(bytes, at, s))?.length ?? 0

/**
 * The secret at offset 0, 1 and 2 of a group of three bytes (RFC 4648 section 4). A character at the edge that also
 * holds bits of a neighbour is compared in the bits that the secret decides, and left as it is.
 */
export function base64Patterns(name: string, form: readonly number[], short: boolean): Pattern[] {
  const bits = form.flatMap((b) => [7, 6, 5, 4, 3, 2, 1, 0].map((i) => (b >> i) & 1))
  const number = (from: number, to: number) => bits.slice(from, to).reduce((n, bit) => n * 2 + bit, 0)
  return [0, 1, 2].flatMap((offset) => {
    const before = (6 - ((offset * 8) % 6)) % 6
    const digits: number[] = []
    for (let i = before; i + 6 <= bits.length; i += 6) digits.push(number(i, i + 6))
    const rest = bits.length - before - digits.length * 6
    if (digits.length === 0) return []
    const head = number(0, before)
    const tail = number(bits.length - rest, bits.length)
    const alone = short ? shortNeighbours(offset, form) : null
    return [
      {
        name,
        firstBytes: [...new Set(spellingsOf(digits[0] ?? 0).map((s) => s.charCodeAt(0)))],
        bytes: [],
        match(bytes: Uint8Array, at: number): number {
          let to = at
          for (const digit of digits) {
            const spelled = base64Digit(bytes[to]) === digit ? 1 : lateDigitLength(digit, bytes, to)
            if (spelled === 0) return -1
            to += spelled
          }
          const left = base64Digit(bytes[at - 1])
          const right = base64Digit(bytes[to])
          if (before > 0 && left >= 0 && (left & (2 ** before - 1)) !== head) return -1
          if (rest > 0 && right >= 0 && right >> (6 - rest) !== tail) return -1
          return alone === null || alone(bytes, at, to) ? to : -1
        },
      },
    ]
  })
}

/** A short secret counts in Base64 where the value ends with it, and where it begins the value or follows a colon. */
function shortNeighbours(
  offset: number,
  form: readonly number[],
): (bytes: Uint8Array, at: number, to: number) => boolean {
  const last = Math.ceil(((offset + form.length) * 8) / 6) - Math.floor(((offset + form.length) * 8) / 6)
  return (bytes, at, to) => {
    if (base64Digit(bytes[to + last]) >= 0) return false
    if (offset === 0 && base64Digit(bytes[at - 1]) < 0) return true
    const group = [4, 3, 2, 1].map((i) => base64Digit(bytes[at - i]))
    const sixBits = group.reduce((n, digit) => n * 64 + Math.max(digit, 0), 0)
    const shift = [0, 4, 2][offset] ?? 0
    return group[3] !== undefined && group[3] >= 0 && (Math.floor(sixBits / 2 ** shift) & 255) === 0x3a
  }
}
