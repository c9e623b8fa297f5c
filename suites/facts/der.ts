/** One DER element (X.690): its tag octet, its contents and its whole encoding. */
export interface Der {
  tag: number
  content: Uint8Array
  raw: Uint8Array
}

/** Elements that one walk reads at most: a certificate has some hundreds. */
const MOST_ELEMENTS = 4096

/**
 * The elements that follow each other in `bytes` (X.690 clauses 8.1, 10.1); null where octets are left that belong to
 * none. Definite lengths and tag numbers up to 30 only: certificates have no others.
 */
export function elementsOf(bytes: Uint8Array): Der[] | null {
  const found: Der[] = []
  let at = 0
  while (at < bytes.length) {
    const element = elementAt(bytes, at)
    if (!element || found.length >= MOST_ELEMENTS) return null
    found.push(element)
    at += element.raw.length
  }
  return found
}

/** The first element; what follows it does not matter. */
export const firstElement = (bytes: Uint8Array): Der | null => elementAt(bytes, 0)

/** The elements within one of the given tag; null where it is another or broken. */
export const within = (element: Der | undefined, tag: number): Der[] | null =>
  element?.tag === tag ? elementsOf(element.content) : null

function elementAt(bytes: Uint8Array, at: number): Der | null {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return null
  let length = first
  let start = at + 2
  if (first >= 0x80) {
    const octets = first - 0x80
    if (octets === 0 || octets > 3 || start + octets > bytes.length) return null
    length = 0
    for (let i = 0; i < octets; i++) length = length * 256 + (bytes[start + i] ?? 0)
    start += octets
  }
  if (start + length > bytes.length) return null
  return { tag, content: bytes.subarray(start, start + length), raw: bytes.subarray(at, start + length) }
}

/** Dotted form of an OBJECT IDENTIFIER (X.690 clause 8.19); empty where it is none. */
export function oidOf(element: Der | undefined): string {
  if (element?.tag !== 6 || element.content.length === 0 || element.content.length > 64) return ''
  const numbers: number[] = []
  let value = 0
  for (const byte of element.content) {
    value = value * 128 + (byte & 0x7f)
    if (value > 2 ** 40) return ''
    if (byte >= 0x80) continue
    numbers.push(value)
    value = 0
  }
  const first = numbers.shift()
  if (first === undefined || value !== 0) return ''
  const root = first < 80 ? [Math.floor(first / 40), first % 40] : [2, first - 80]
  return [...root, ...numbers].join('.')
}

/** Bits of a positive INTEGER, without leading zeros; 0 for zero, null for what is none. */
export function bitsOf(element: Der | undefined): number | null {
  if (element?.tag !== 2 || element.content.length === 0 || (element.content[0] ?? 0) >= 0x80) return null
  const first = element.content.findIndex((b) => b !== 0)
  return first < 0 ? 0 : (element.content.length - first) * 8 - (Math.clz32(element.content[first] ?? 0) - 24)
}

/** Seconds since the epoch of UTCTime or GeneralizedTime as RFC 5280 section 4.1.2.5 has them; null where it is none. */
export function timeOf(element: Der | undefined): number | null {
  const form = element?.tag === 0x17 ? 2 : element?.tag === 0x18 ? 4 : 0
  if (!element || form === 0 || element.content.length !== form + 11) return null
  const text = String.fromCharCode(...element.content)
  if (!/^\d+Z$/.test(text)) return null
  const number = (at: number) => Number(text.slice(form + at, form + at + 2))
  const written = Number(text.slice(0, form))
  const year = form === 4 ? written : written + (written >= 50 ? 1900 : 2000)
  const [month, day, hour, minute, second] = [number(0), number(2), number(4), number(6), number(8)]
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return null
  return ((daysTo(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
}

/** Days from 1 January 1970 in the Gregorian calendar. */
function daysTo(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1
  const leaps = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400)
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return y * 365 + leaps + ofYear - 719468
}

/** Day of an instant as `2026-11-30` (the inverse of `daysTo`), for display. */
export function dayOf(seconds: number): string {
  const z = Math.floor(seconds / 86400) + 719468
  const era = Math.floor(z / 146097)
  const ofEra = z - era * 146097
  const years = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36524) - Math.floor(ofEra / 146096)) / 365,
  )
  const ofYear = ofEra - (365 * years + Math.floor(years / 4) - Math.floor(years / 100))
  const m = Math.floor((5 * ofYear + 2) / 153)
  const [month, day] = [m < 10 ? m + 3 : m - 9, ofYear - Math.floor((153 * m + 2) / 5) + 1]
  const two = (n: number) => String(n).padStart(2, '0')
  return `${years + era * 400 + (month <= 2 ? 1 : 0)}-${two(month)}-${two(day)}`
}
