import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** A stretch of a package: the bytes from `from` up to `to`. */
export interface Stretch {
  from: number
  to: number
}

type Sum = (content: Uint8Array) => Buffer
/** How a checksum is written down. */
type Notation = (sum: Buffer) => Buffer

/** A checksum that anybody can make: where it stands, and what it is made over. */
export interface Checksum {
  at: Stretch
  over: Stretch
  write: Sum
}

const hash =
  (name: string): Sum =>
  (content) =>
    createHash(name).update(content).digest()
const crc: Sum = (content) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(content))
  return bytes
}
const raw: Notation = (sum) => sum
const backwards: Notation = (sum) => Buffer.from(sum).reverse()
const hexadecimal: Notation = (sum) => Buffer.from(sum.toString('hex'), 'latin1')
const capitals: Notation = (sum) => Buffer.from(sum.toString('hex').toUpperCase(), 'latin1')

const SUMS: readonly { sum: Sum; bytes: number; notations: readonly Notation[] }[] = [
  ...(
    [
      ['sha512', 64],
      ['sha256', 32],
      ['sha1', 20],
      ['md5', 16],
    ] as const
  ).map(([name, bytes]) => ({ sum: hash(name), bytes, notations: [raw, hexadecimal, capitals] })),
  { sum: crc, bytes: 4, notations: [raw, backwards] },
]
/** A checksum stands near what it is made over. */
const MOST_SEARCHED = 65_536

/**
 * The checksum within a package: beside one of these stretches and over it, or over all that stands before or behind the
 * checksum. Null where none of the usual ones is found.
 */
export function checksumIn(bytes: Uint8Array, stretches: readonly Stretch[]): Checksum | null {
  const { length } = bytes
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, length)
  for (const { sum, bytes: size, notations } of SUMS) {
    const ends = [size, 2 * size]
      .filter((n) => n < length)
      .flatMap((n) => [
        { from: 0, to: length - n },
        { from: n, to: length },
      ])
    for (const over of distinct([...stretches, ...ends])) {
      const made = sum(all.subarray(over.from, over.to))
      for (const notation of notations) {
        const from = besides(all, over, notation(made))
        if (from === null) continue
        const at = { from, to: from + notation(made).length }
        return { at, over, write: (content) => notation(sum(content)) }
      }
    }
  }
  return null
}

/** Where these bytes stand before or behind a stretch; null where they do not. */
function besides(all: Buffer, { from, to }: Stretch, sum: Buffer): number | null {
  const start = Math.max(0, from - MOST_SEARCHED)
  const before = all.subarray(start, from).indexOf(sum)
  if (before >= 0) return start + before
  const behind = all.subarray(to, to + MOST_SEARCHED).indexOf(sum)
  return behind >= 0 ? to + behind : null
}

const distinct = (stretches: readonly Stretch[]): Stretch[] => [
  ...new Map(stretches.map((s) => [`${s.from}-${s.to}`, s])).values(),
]

/** One bit of the content inverted and the checksum made anew: what somebody without a key would make. */
export function withRightChecksum(bytes: Uint8Array, { at, over, write }: Checksum, bitAt: number): Buffer {
  const made = Buffer.from(bytes)
  made[bitAt] = (made[bitAt] ?? 0) ^ 1
  write(made.subarray(over.from, over.to)).copy(made, at.from)
  return made
}
