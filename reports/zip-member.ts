import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { crc32, createInflateRaw, inflateRawSync, type InflateRaw } from 'node:zlib'
import type { DigestName } from './asic-manifest.ts'
import { errorCode, fault, printable, type SealFault } from './seal-fault.ts'
import { transformed } from './transformed.ts'
import { readAt } from './zip-directory.ts'
import { LOCAL_BYTES, LOCAL_FIELDS, STORED, differingField, localHeader, type ZipRecord } from './zip-layout.ts'

/** What reading a member through once gave: two digests when the manifest uses another one than SHA-256. */
export interface Reading {
  sha256: string
  digest: Buffer
  head: Uint8Array
}

const CHUNK = 1 << 18
/** Members up to here are read with their header and inflated in one call. */
const SMALL = 1 << 18
const HEAD = 65

/** Local header against directory, size, CRC-32 and digest of one member, inflating no more than is declared. */
export async function check(
  file: FileHandle,
  entry: ZipRecord,
  algorithm: DigestName = 'sha256',
): Promise<Reading | SealFault> {
  const name = printable(entry.name)
  const expected = localHeader(entry)
  const together = entry.packed <= SMALL ? entry.packed : 0
  const read = await readAt(file, entry.offset, expected.length + together)
  if (!read) return fault('truncated')
  const header = read.subarray(0, expected.length)
  if (!header.equals(expected))
    return fault('header-mismatch', { name, field: differingField(LOCAL_FIELDS, header, expected) })
  const sha256 = createHash('sha256')
  const other = algorithm === 'sha256' ? undefined : createHash(algorithm)
  let crc = 0
  let bytes = 0
  let head = Buffer.alloc(0)
  try {
    for await (const chunk of contentOf(file, entry, together > 0 ? read.subarray(expected.length) : undefined)) {
      bytes += chunk.length
      if (bytes > entry.bytes) break
      sha256.update(chunk)
      other?.update(chunk)
      crc = crc32(chunk, crc)
      if (head.length < HEAD) head = Buffer.concat([head, chunk.subarray(0, HEAD - head.length)])
    }
  } catch (error) {
    if (errorCode(error) !== 'ERR_BUFFER_TOO_LARGE') return fault('inflate-failed', { name })
    bytes = entry.bytes + 1
  }
  if (bytes !== entry.bytes) return fault('inflate-size', { name, declared: entry.bytes, found: bytes })
  if (crc !== entry.crc) return fault('crc-mismatch', { name })
  const digest = sha256.digest()
  return { sha256: digest.toString('hex'), digest: other?.digest() ?? digest, head }
}

/**
 * The contents of a member, whose packed bytes must be one whole deflate stream and nothing after it. At most one chunk
 * more than declared comes out. `known` is the packed bytes where they were read before. Throws on damage: the caller
 * turns it into a fault.
 */
export async function* contentOf(file: FileHandle, entry: ZipRecord, known?: Uint8Array): AsyncGenerator<Uint8Array> {
  const start = entry.offset + LOCAL_BYTES + entry.name.length
  if (entry.method === STORED && known) yield known
  else if (entry.method === STORED) yield* packedBytes(file, start, entry.packed)
  else if (entry.packed <= SMALL && entry.bytes <= SMALL) {
    const packed = known ?? (await readAt(file, start, entry.packed))
    if (!packed) throw new Error('the file ends before the member')
    const options = { info: true, maxOutputLength: entry.bytes + 1 } as const
    const { buffer, engine } = inflateRawSync(packed, options) as unknown as { buffer: Buffer; engine: InflateRaw }
    if (engine.bytesWritten !== entry.packed) throw new Error('bytes after the deflate stream')
    yield buffer
  } else {
    const inflate = createInflateRaw({ chunkSize: CHUNK })
    let bytes = 0
    for await (const chunk of transformed(packedBytes(file, start, entry.packed), inflate)) {
      bytes += chunk.length
      yield chunk
      if (bytes > entry.bytes) return
    }
    if (inflate.bytesWritten !== entry.packed) throw new Error('bytes after the deflate stream')
  }
}

async function* packedBytes(file: FileHandle, start: number, length: number): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < length; done += CHUNK) {
    const chunk = await readAt(file, start + done, Math.min(CHUNK, length - done))
    if (!chunk) throw new Error('the file ends before the member')
    yield chunk
  }
}
