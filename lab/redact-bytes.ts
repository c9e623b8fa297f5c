/** One way a secret can stand in bytes. */
export interface Pattern {
  name: string
  /** Every byte that an occurrence can begin with. */
  firstBytes: readonly number[]
  /** The bytes of the secret in this form, for the choice of a fill byte. */
  bytes: readonly number[]
  /** The end of the longest occurrence that begins at `at`; -1 where there is none. */
  match(bytes: Uint8Array, at: number): number
}

/** All ends of one element that begins at `at`. */
export type Element = (bytes: Uint8Array, at: number) => readonly number[]

export const NONE: readonly number[] = []

/** Runs the elements one after the other over every reading so far; the readings of one place are few. */
export function longest(elements: readonly Element[], bytes: Uint8Array, at: number): number {
  let ends: readonly number[] = [at]
  for (const element of elements) {
    const next =
      ends.length === 1 ? element(bytes, ends[0] as number) : [...new Set(ends.flatMap((e) => element(bytes, e)))]
    if (next.length === 0) return -1
    ends = next
  }
  return Math.max(...ends)
}

export const reads = (bytes: Uint8Array, at: number, word: string): boolean => {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word.charCodeAt(i)) return false
  return true
}

export function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

export function hexNumber(bytes: Uint8Array, at: number, digits: number): number {
  let number = 0
  for (let i = 0; i < digits; i++) {
    const digit = hexDigit(bytes[at + i])
    if (digit < 0) return -1
    number = number * 16 + digit
  }
  return number
}

export const hexPair = (bytes: Uint8Array, at: number): number => hexNumber(bytes, at, 2)

export const isWord = (byte: number | undefined): boolean =>
  byte !== undefined && (byte >= 0x80 || /[A-Za-z0-9]/.test(String.fromCharCode(byte)))
