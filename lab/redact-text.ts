import {
  hexDigit,
  hexNumber,
  hexPair,
  isWord,
  longest,
  NONE,
  reads,
  type Element,
  type Pattern,
} from './redact-bytes.ts'

/** The secret as text. A short one only where it is delimited; a percent-encoded neighbour is what it stands for. */
export function textPattern(name: string, value: string, short: boolean): Pattern {
  const characters = [...value]
  const elements = characters.map(characterElement)
  const first = characters[0] ?? ''
  const firstBytes = [utf8(first)[0] ?? 0, 0x25, 0x5c, 0x26]
  if (isLatin1(first)) firstBytes.push(first.charCodeAt(0))
  if (first === ' ') firstBytes.push(0x2b)
  return {
    name,
    firstBytes: [...new Set(firstBytes)],
    bytes: [...utf8(value), ...(isLatin1(value) ? latin1(value) : [])],
    match(bytes, at) {
      const to = longest(elements, bytes, at)
      return to > 0 && short && !(delimitedBefore(bytes, at) && delimitedAfter(bytes, to)) ? -1 : to
    },
  }
}

const CODE = {
  percent: 0x25,
  backslash: 0x5c,
  ampersand: 0x26,
  plus: 0x2b,
  hash: 0x23,
  semicolon: 0x3b,
  u: 0x75,
  x: 0x78,
  X: 0x58,
}
const SHORT_ESCAPES: Record<string, number> = { '\b': 0x62, '\f': 0x66, '\n': 0x6e, '\r': 0x72, '\t': 0x74 }
const ENTITIES: Record<string, string[]> = {
  '"': ['quot', 'QUOT'],
  '&': ['amp', 'AMP'],
  "'": ['apos'],
  '<': ['lt', 'LT'],
  '>': ['gt', 'GT'],
  '!': ['excl'],
  '#': ['num'],
  $: ['dollar'],
  '%': ['percnt'],
  '(': ['lpar'],
  ')': ['rpar'],
  '*': ['ast', 'midast'],
  '+': ['plus'],
  ',': ['comma'],
  '.': ['period'],
  '/': ['sol'],
  ':': ['colon'],
  ';': ['semi'],
  '=': ['equals'],
  '?': ['quest'],
  '@': ['commat'],
  '[': ['lsqb', 'lbrack'],
  '\\': ['bsol'],
  ']': ['rsqb', 'rbrack'],
  '^': ['Hat'],
  _: ['lowbar', 'UnderBar'],
  '`': ['grave'],
  '{': ['lcub', 'lbrace'],
  '|': ['vert', 'verbar', 'VerticalLine'],
  '}': ['rcub', 'rbrace'],
}

/** An encoding of an encoding of …; without a bound a body of nothing but backslashes would take for ever. */
const MOST_NESTED = 4

/** One character of the secret in all its spellings. */
function characterElement(character: string): Element {
  const sequences = [utf8(character), ...(isLatin1(character) && !isAscii(character) ? [latin1(character)] : [])]
  const units = character.split('').map((c) => c.charCodeAt(0))
  const point = character.codePointAt(0) ?? 0
  const plain = isAscii(character) ? point : -1
  return (bytes, at) => {
    const byte = bytes[at]
    if (byte !== CODE.percent && byte !== CODE.backslash && byte !== CODE.ampersand && byte !== CODE.plus)
      return byte === plain ? [at + 1] : plain === -1 ? sequenceEnds(sequences, bytes, at) : NONE
    if (byte === CODE.backslash && point !== CODE.backslash && !isEscape(bytes[afterBackslashes(bytes, at)], character))
      return NONE
    const ends = plain === -1 ? sequenceEnds(sequences, bytes, at) : byteEnds(plain, bytes, at)
    if (byte === CODE.percent) return ends
    if (byte === CODE.plus && character === ' ') ends.push(at + 1)
    if (byte === CODE.backslash) ends.push(...escapeEnds(character, units, bytes, at))
    if (byte === CODE.ampersand) ends.push(...entityEnds(character, point, bytes, at))
    return ends
  }
}

/** All ends of a run of bytes, each of them spelled as it likes. */
function sequenceEnds(sequences: readonly (readonly number[])[], bytes: Uint8Array, at: number): number[] {
  return sequences.flatMap((sequence) =>
    sequence.reduce<number[]>((ends, byte) => ends.flatMap((end) => byteEnds(byte, bytes, end)), [at]),
  )
}

/** One byte: raw, `%40`, `%2540` and so on, or `\x40`. */
function byteEnds(byte: number, bytes: Uint8Array, at: number): number[] {
  const ends = bytes[at] === byte ? [at + 1] : []
  if (bytes[at] === CODE.backslash) {
    const i = afterBackslashes(bytes, at)
    if (bytes[i] === CODE.x && hexPair(bytes, i + 1) === byte) ends.push(i + 3)
  }
  if (bytes[at] !== CODE.percent) return ends
  for (let i = at + 1; i < at + MOST_NESTED * 2 && hexPair(bytes, i) >= 0; i += 2) {
    if (hexPair(bytes, i) === byte) ends.push(i + 2)
    if (hexPair(bytes, i) !== CODE.percent) break
  }
  return ends
}

/** The first byte after a run of backslashes, which nesting doubles. */
function afterBackslashes(bytes: Uint8Array, at: number): number {
  let i = at
  while (i < at + 2 ** (MOST_NESTED - 1) && bytes[i] === CODE.backslash) i++
  return i
}

/** Spares the work where backslashes stand before something else. */
const isEscape = (byte: number | undefined, character: string): boolean =>
  byte === CODE.u || byte === CODE.x || byte === SHORT_ESCAPES[character] || byte === character.charCodeAt(0)

/** `\u0040`, `\x40`, `\/`, `\n`, and the quoted pair of RFC 9110 section 5.6.4; backslashes may have been doubled. */
function escapeEnds(character: string, units: readonly number[], bytes: Uint8Array, at: number): number[] {
  const ends: number[] = []
  const escaped = (i: number, unit: number): number => {
    if (bytes[i] !== CODE.backslash) return -1
    const to = afterBackslashes(bytes, i)
    const digits = bytes[to] === CODE.u ? 4 : bytes[to] === CODE.x ? 2 : 0
    return digits > 0 && hexNumber(bytes, to + 1, digits) === unit ? to + 1 + digits : -1
  }
  let end = at
  for (const unit of units) end = end < 0 ? -1 : escaped(end, unit)
  if (end > 0) ends.push(end)
  const i = afterBackslashes(bytes, at)
  const point = character.charCodeAt(0)
  if (bytes[i] === SHORT_ESCAPES[character] || (bytes[i] === point && point < 0x80)) ends.push(i + 1)
  if (point === CODE.backslash && i - at >= 2) for (let n = 2; n <= i - at; n++) ends.push(at + n)
  return ends
}

/** `&amp;`, `&#64;`, `&#x40;`, also of itself (`&amp;#64;`); the semicolon of a number may be missing. */
function entityEnds(character: string, point: number, bytes: Uint8Array, at: number): number[] {
  const ends: number[] = []
  for (let i = at + 1; i < at + 1 + MOST_NESTED * 4; i += 4) {
    for (const entity of ENTITIES[character] ?? []) if (reads(bytes, i, `${entity};`)) ends.push(i + entity.length + 1)
    if (bytes[i] === CODE.hash) {
      const hex = bytes[i + 1] === CODE.x || bytes[i + 1] === CODE.X
      const [number, end] = numberAt(bytes, i + (hex ? 2 : 1), hex ? 16 : 10)
      if (number === point) ends.push(bytes[end] === CODE.semicolon ? end + 1 : end)
    }
    if (!reads(bytes, i, 'amp;')) break
  }
  return ends
}

function numberAt(bytes: Uint8Array, at: number, base: 10 | 16): [number: number, end: number] {
  let number = -1
  let end = at
  for (; end < at + 12; end++) {
    const digit = hexDigit(bytes[end])
    if (digit < 0 || digit >= base) break
    number = Math.max(number, 0) * base + digit
  }
  return [number, end]
}

const delimitedBefore = (bytes: Uint8Array, at: number): boolean => {
  const encoded = bytes[at - 3] === CODE.percent ? hexPair(bytes, at - 2) : -1
  return !isWord(encoded >= 0 ? encoded : bytes[at - 1])
}
const delimitedAfter = (bytes: Uint8Array, to: number): boolean => {
  const encoded = bytes[to] === CODE.percent ? hexPair(bytes, to + 1) : -1
  return !isWord(encoded >= 0 ? encoded : bytes[to])
}

export const utf8 = (value: string): number[] => [...new TextEncoder().encode(value)]
export const latin1 = (value: string): number[] => [...value].map((c) => c.charCodeAt(0))
export const isLatin1 = (value: string): boolean => /^[\0-\xff]*$/.test(value)
export const isAscii = (value: string): boolean => /^[\0-\x7f]*$/.test(value)
