/** One DER element (X.690): its tag octet, its contents and its whole encoding. */
export interface Der {
  tag: number
  content: Uint8Array
  raw: Uint8Array
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** Explicit or implicit constructed context tag. */
export const context = (number: number): number => 0xa0 | number

/**
 * The elements that follow each other in `bytes`; undefined unless every octet belongs to one (X.690 clauses 8.1,
 * 10.1).
 */
export function elements(bytes: Uint8Array): Der[] | undefined {
  const found: Der[] = []
  let at = 0
  while (at < bytes.length) {
    const element = elementAt(bytes, at)
    if (!element) return undefined
    found.push(element)
    at += element.raw.length
  }
  return found
}

/** One definite-length, minimally encoded element at an offset; tag numbers above 30 do not occur here. */
function elementAt(bytes: Uint8Array, at: number): Der | undefined {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined
  let length = first
  let start = at + 2
  if (first >= 0x80) {
    const octets = first - 0x80
    if (octets === 0 || octets > 4 || start + octets > bytes.length) return undefined
    length = 0
    for (let i = 0; i < octets; i++) length = length * 256 + bytes[start + i]!
    if (length < 0x80 || length < 256 ** (octets - 1)) return undefined
    start += octets
  }
  if (start + length > bytes.length) return undefined
  return { tag, content: bytes.subarray(start, start + length), raw: bytes.subarray(at, start + length) }
}

/** The one element that `bytes` consists of, if it has this tag. */
export function only(bytes: Uint8Array, tag: number): Der | undefined {
  const found = elements(bytes)
  return found?.length === 1 && found[0]!.tag === tag ? found[0] : undefined
}

/** Encodes one element with minimal length octets. */
export function der(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts)
  const length: number[] = []
  for (let n = content.length; n > 0; n = Math.floor(n / 256)) length.unshift(n % 256)
  const header = content.length < 0x80 ? [tag, content.length] : [tag, 0x80 | length.length, ...length]
  return Buffer.concat([Buffer.from(header), content])
}

/** SET OF: elements in ascending order of their encodings (X.690 clause 11.6). */
export const derSet = (tag: number, parts: Uint8Array[]): Uint8Array =>
  der(tag, ...parts.toSorted((a, b) => Buffer.compare(a, b)))

/** OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc % 128]
    for (let n = Math.floor(arc / 128); n > 0; n = Math.floor(n / 128)) groups.unshift((n % 128) | 0x80)
    return groups
  })
  return der(TAG.oid, Uint8Array.from(octets))
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

const two = (n: number): string => String(n).padStart(2, '0')

/** UTCTime until 2049, GeneralizedTime after (RFC 5652 section 11.3); whole seconds, UTC. */
export function derTime(micros: number): Uint8Array {
  const d = new Date(Math.floor(micros / 1000))
  const rest = [d.getUTCMonth() + 1, d.getUTCDate(), d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds()]
    .map(two)
    .join('')
  const year = d.getUTCFullYear()
  return year < 2050
    ? der(TAG.utcTime, Buffer.from(`${two(year % 100)}${rest}Z`, 'latin1'))
    : der(TAG.generalizedTime, Buffer.from(`${year}${rest}Z`, 'latin1'))
}

/** Microseconds since the epoch; undefined unless the encoding is the one `derTime` gives. */
export function timeOf(element: Der): number | undefined {
  const text = Buffer.from(element.content).toString('latin1')
  const short = element.tag === TAG.utcTime
  const parts = (short ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/).exec(
    text,
  )
  if (!parts) return undefined
  const [year = 0, month = 0, ...rest] = parts.slice(1).map(Number)
  const [day = 0, hour = 0, minute = 0, second = 0] = rest
  const micros = Date.UTC(short ? (year < 50 ? 2000 : 1900) + year : year, month - 1, day, hour, minute, second) * 1000
  return sameBytes(derTime(micros), element.raw) ? micros : undefined
}
