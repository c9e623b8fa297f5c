import { createHash } from 'node:crypto'
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs'
import type { Body } from '../probe.ts'

/** A stretch of a file, or bytes at hand. */
type Piece = { file: string; from: number; to: number } | Uint8Array

/** An update package as pieces of files: firmware is large, and its variants differ in a few bytes. */
export type Rope = readonly Piece[]

/** Most that one literal piece holds; longer fillings are repeated. */
const BLOCK = 65_536

const lengthOf = (piece: Piece): number => (piece instanceof Uint8Array ? piece.length : piece.to - piece.from)
export const ropeLength = (rope: Rope): number => rope.reduce((sum, piece) => sum + lengthOf(piece), 0)

/** The whole of a file; null where it cannot be read or is empty. */
export function ropeOf(file: string): Rope | null {
  try {
    const { size } = statSync(file)
    closeSync(openSync(file, 'r'))
    return size > 0 ? [{ file, from: 0, to: size }] : null
  } catch {
    return null
  }
}

/** The bytes from `from` up to `to`. */
export function cut(rope: Rope, from: number, to = ropeLength(rope)): Rope {
  let at = 0
  return rope.flatMap((piece): Piece[] => {
    const start = Math.max(0, from - at)
    const end = Math.min(lengthOf(piece), to - at)
    at += lengthOf(piece)
    if (start >= end) return []
    return [
      piece instanceof Uint8Array
        ? piece.subarray(start, end)
        : { ...piece, from: piece.from + start, to: piece.from + end },
    ]
  })
}

/** Other bytes in the place of those from `from` on. */
const replaced = (rope: Rope, from: number, by: Rope): Rope => [
  ...cut(rope, 0, from),
  ...by,
  ...cut(rope, from + ropeLength(by)),
]

/** The lowest bit of one byte inverted. */
export const flipped = (rope: Rope, at: number): Rope =>
  replaced(rope, at, [new Uint8Array([(bytesOf(rope, at, at + 1)[0] ?? 0) ^ 1])])

/** Zeros from `from` up to `to`. */
export function zeroed(rope: Rope, { from, to }: { from: number; to: number }): Rope {
  const zeros: Piece[] = []
  for (let left = to - from; left > 0; left -= BLOCK) zeros.push(new Uint8Array(Math.min(left, BLOCK)))
  return replaced(rope, from, zeros)
}

/** A short stretch, in memory. */
export function bytesOf(rope: Rope, from = 0, to = ropeLength(rope)): Buffer {
  return Buffer.concat(
    cut(rope, from, to).map((piece) => {
      if (piece instanceof Uint8Array) return piece
      const bytes = Buffer.alloc(piece.to - piece.from)
      const file = openSync(piece.file, 'r')
      try {
        for (let at = 0; at < bytes.length;) {
          const read = readSync(file, bytes, at, bytes.length - at, piece.from + at)
          if (read === 0) throw new Error(`${piece.file} became shorter`)
          at += read
        }
      } finally {
        closeSync(file)
      }
      return bytes
    }),
  )
}

/** The same bytes in order, never more than a block of them in memory. */
export async function* chunksOf(rope: Rope): AsyncGenerator<Uint8Array> {
  for (const piece of rope)
    if (piece instanceof Uint8Array) yield piece
    else
      for await (const chunk of createReadStream(piece.file, {
        start: piece.from,
        end: piece.to - 1,
        highWaterMark: BLOCK,
      }))
        yield chunk as Buffer
}

export async function sha256Of(rope: Rope): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunksOf(rope)) hash.update(chunk)
  return hash.digest('hex')
}

/** Every byte of a stretch has the same value: padding, for all that can be seen. */
export async function isUniform(rope: Rope): Promise<boolean> {
  let value: number | undefined
  for await (const chunk of chunksOf(rope)) {
    value ??= chunk[0]
    if (!chunk.every((byte) => byte === value)) return false
  }
  return true
}

/** A rope as the body of a request; after so many bytes of it the connection is cut. */
export const bodyOf = (rope: Rope, cutAt?: number): Body => ({
  length: ropeLength(rope),
  chunks: () => chunksOf(cutAt === undefined ? rope : cut(rope, 0, cutAt)),
  ...(cutAt === undefined ? {} : { isCut: true }),
})
