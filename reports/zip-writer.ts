import { createHash, randomBytes, type Hash } from 'node:crypto'
import { lstat, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { dirname } from 'node:path'
import { crc32, createDeflateRaw, deflateRawSync } from 'node:zlib'
import {
  DEFLATED,
  LOCAL_BYTES,
  MAX_ZIP_BYTES,
  STORED,
  centralHeader,
  endRecords,
  localHeader,
  type ZipRecord,
} from './zip-layout.ts'
import { errorCode, fault, type SealFault } from './seal-fault.ts'
import { transformed } from './transformed.ts'

/** Chunks are given away: a source does not change them afterwards. */
export type Source = { path: string } | { bytes: Uint8Array } | { stream: () => AsyncIterable<Uint8Array> }

/** What went through while a member was written. */
export interface Written {
  bytes: number
  sha256: string
  head: Uint8Array
}

/** Looks at the finished file before it gets its name; any fault means that it never does. */
export type Prove = (path: string) => Promise<SealFault[]>
export type Finished = { digest: string } | { faults: SealFault[] }

export interface ZipWriter {
  /** Hashes and packs in one pass; a `SealFault` when the container would become too big. */
  add(name: string, source: Source, how?: 'stored'): Promise<Written | SealFault>
  /**
   * Directory, fsync, `prove` on the temporary file, rename to the final name; the digest is read back from the disk.
   */
  finish(prove?: Prove): Promise<Finished>
  /** Removes the unfinished file. */
  abort(): Promise<void>
}

/** Bytes of a chunk, and the size up to which readers do not look at ratios. */
const SMALL = 1 << 20
/** A member that packs better than this is stored, so that no reader takes it for an archive bomb. */
const BEST_RATIO = 100
/** Enough of the start of a member to see a salt line. */
const HEAD = 65

/**
 * Creates a container under a temporary name beside `out`; refuses to replace an existing file.
 * @throws system errors of reading and writing, to be met by `guarded`
 */
export async function createZip(out: string): Promise<ZipWriter | SealFault> {
  const existing = await lstat(out).catch(() => undefined)
  if (existing) return fault('output-exists', { path: out })
  const temporary = `${out}.${randomBytes(6).toString('hex')}.part`
  const file = await open(temporary, 'wx+', 0o644)
  const entries: ZipRecord[] = []
  let end = 0

  const add: ZipWriter['add'] = async (name, source, how) => {
    const entry: ZipRecord = { name, method: STORED, crc: 0, packed: 0, bytes: 0, offset: end }
    const whole = await wholeOf(source)
    const written = whole ? await addWhole(file, entry, whole, how === 'stored') : await addStream(file, entry, source)
    end += LOCAL_BYTES + name.length + entry.packed
    if (end > MAX_ZIP_BYTES) return fault('total-too-big', { bytes: end, limit: MAX_ZIP_BYTES })
    entries.push(entry)
    return written
  }

  const finish: ZipWriter['finish'] = async (prove) => {
    const directory = Buffer.concat(entries.map(centralHeader))
    await writeAll(file, Buffer.concat([directory, endRecords(entries.length, directory.length, end)]), end)
    await file.sync()
    const digest = createHash('sha256')
    for await (const chunk of file.createReadStream({ start: 0, autoClose: false, highWaterMark: SMALL }))
      digest.update(chunk as Buffer)
    const faults = (await prove?.(temporary)) ?? []
    if (faults.length > 0) return { faults }
    await file.close()
    await rename(temporary, out)
    const folder = await open(dirname(out), 'r')
    await folder.sync().finally(() => folder.close())
    return { digest: digest.digest('hex') }
  }

  const abort: ZipWriter['abort'] = async () => {
    await file.close().catch(() => undefined)
    await rm(temporary, { force: true })
  }
  return { add, finish, abort }
}

/** Runs the steps of a writer; whatever fails, the temporary file is gone and the failure is a fault. */
export async function guarded<T>(
  out: string,
  steps: (zip: ZipWriter) => Promise<T | { faults: SealFault[] }>,
): Promise<T | { faults: SealFault[] }> {
  let zip: ZipWriter | undefined
  try {
    const created = await createZip(out)
    if ('code' in created) return { faults: [created] }
    zip = created
    const result = await steps(zip)
    if (typeof result === 'object' && result !== null && 'faults' in result) await zip.abort()
    return result
  } catch (error) {
    await zip?.abort().catch(() => undefined)
    return { faults: [fault('write-failed', { path: out, error: errorCode(error) })] }
  }
}

/** The contents when they are at most one chunk. */
async function wholeOf(source: Source): Promise<Uint8Array | undefined> {
  if ('bytes' in source) return source.bytes.length <= SMALL ? source.bytes : undefined
  if ('stream' in source || (await stat(source.path)).size > SMALL) return undefined
  return readFile(source.path)
}

async function addWhole(file: FileHandle, entry: ZipRecord, contents: Uint8Array, stored: boolean): Promise<Written> {
  const deflated = stored ? contents : deflateRawSync(contents)
  const smaller = deflated.length < contents.length
  const packed = smaller ? deflated : contents
  Object.assign(entry, {
    method: smaller ? DEFLATED : STORED,
    crc: crc32(contents),
    packed: packed.length,
    bytes: contents.length,
  })
  await writeAll(file, Buffer.concat([localHeader(entry), packed]), entry.offset)
  const sha256 = createHash('sha256').update(contents).digest('hex')
  return { bytes: contents.length, sha256, head: contents.subarray(0, HEAD) }
}

/** Deflates while it pays and while no reader would suspect it, else writes the member again as it is. */
async function addStream(file: FileHandle, entry: ZipRecord, source: Source): Promise<Written> {
  const dataAt = entry.offset + LOCAL_BYTES + entry.name.length
  const attempt = async (deflate: boolean): Promise<Written> => {
    const through = meter(chunksOf(source))
    const packed = await write(file, dataAt, deflate ? transformed(through.chunks, createDeflateRaw()) : through.chunks)
    const { crc, ...written } = through.result()
    Object.assign(entry, { method: deflate ? DEFLATED : STORED, crc, packed, bytes: written.bytes })
    return written
  }
  let written = await attempt(await compressible(source))
  const suspicious = entry.bytes > SMALL && entry.packed * BEST_RATIO < entry.bytes
  if (entry.method === DEFLATED && (suspicious || entry.packed >= entry.bytes)) {
    await file.truncate(dataAt)
    written = await attempt(false)
  }
  if (dataAt + entry.packed <= MAX_ZIP_BYTES) await writeAll(file, localHeader(entry), entry.offset)
  return written
}

async function* chunksOf(source: Source): AsyncGenerator<Uint8Array> {
  if ('bytes' in source) yield source.bytes
  else if ('stream' in source) yield* source.stream()
  else yield* createReadStream(source.path, { highWaterMark: SMALL }) as AsyncIterable<Buffer>
}

/** Whether the first MiB shrinks by at least a twentieth: video and firmware images are not deflated for nothing. */
async function compressible(source: Source): Promise<boolean> {
  for await (const chunk of chunksOf(source)) {
    const sample = chunk.subarray(0, SMALL)
    return deflateRawSync(sample, { level: 1 }).length < sample.length * 0.95
  }
  return false
}

/** Passes chunks on and keeps count, CRC-32, SHA-256 and the first bytes. */
function meter(chunks: AsyncIterable<Uint8Array>) {
  const sha: Hash = createHash('sha256')
  let crc = 0
  let bytes = 0
  let head = Buffer.alloc(0)
  async function* pass(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      sha.update(chunk)
      crc = crc32(chunk, crc)
      bytes += chunk.length
      if (head.length < HEAD) head = Buffer.concat([head, chunk.subarray(0, HEAD - head.length)])
      yield chunk
    }
  }
  return { chunks: pass(), result: () => ({ crc, bytes, head, sha256: sha.digest('hex') }) }
}

async function write(file: FileHandle, at: number, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let written = 0
  for await (const chunk of chunks) {
    await writeAll(file, chunk, at + written)
    written += chunk.length
    if (at + written > MAX_ZIP_BYTES) break
  }
  return written
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done)
    done += bytesWritten
  }
}
