import type { FileHandle } from 'node:fs/promises'
import {
  CENTRAL_BYTES,
  CENTRAL_FIELDS,
  DEFLATED,
  END64_BYTES,
  END_BYTES,
  LOCAL_BYTES,
  STORED,
  centralHeader,
  differingField,
  endRecords,
  type ZipRecord,
} from './zip-layout.ts'
import { collisionFaults, nameFaults } from './member-names.ts'
import { fault, printable, type SealFault } from './seal-fault.ts'

export interface Limits {
  /** Bytes of all members after inflating. */
  totalBytes: number
  /** Bytes of one member after inflating. */
  memberBytes: number
  /** Inflated to packed size of members over 1 MiB. */
  ratio: number
  members: number
}

export const LIMITS: Limits = { totalBytes: 4 * 2 ** 30, memberBytes: 2 * 2 ** 30, ratio: 200, members: 100_000 }

/** `sound` entries have no fault of their own: their bytes may be read and inflated. */
export interface Directory {
  entries: ZipRecord[]
  sound: Set<ZipRecord>
  faults: SealFault[]
}

const MAX_COMMENT = 0xffff
const RATIO_FROM = 1 << 20
const GENEROUS_NAME = 1024

/** Reads exactly the bytes asked for; undefined when the file ends before. */
export async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer | undefined> {
  const buffer = Buffer.allocUnsafe(length)
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(buffer, done, length - done, at + done)
    if (bytesRead === 0) return undefined
    done += bytesRead
  }
  return buffer
}

/** Establishes that every byte of the file belongs to exactly one record of the dialect; nothing is inflated. */
export async function readDirectory(file: FileHandle, size: number, limits: Limits): Promise<Directory> {
  const none = (...faults: SealFault[]): Directory => ({ entries: [], sound: new Set(), faults })
  const tailAt = Math.max(0, size - END_BYTES - MAX_COMMENT - END64_BYTES)
  const tail = await readAt(file, tailAt, size - tailAt)
  const start = await readAt(file, 0, Math.min(4, size))
  if (!tail || !start) return none(fault('truncated'))
  const endAt = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'), tail.length - END_BYTES)
  if (tail.length < END_BYTES || endAt < 0) {
    return none(fault(start.equals(Buffer.from('PK\x03\x04', 'latin1')) ? 'truncated' : 'not-a-zip'))
  }
  const faults: SealFault[] = []
  const trailing = tail.length - endAt - END_BYTES
  if (trailing > 0) faults.push(fault('trailing-bytes', { bytes: trailing }))

  const end = endOf(tail, endAt)
  const endStart = tailAt + end.at
  const directoryAt = endStart - end.directoryBytes
  const prepended = directoryAt - end.directoryOffset
  if (end.count > limits.members)
    return none(...faults, fault('member-count', { count: end.count, limit: limits.members }))
  if (directoryAt < 0 || prepended < 0 || end.directoryBytes > limits.members * (CENTRAL_BYTES + GENEROUS_NAME)) {
    return none(...faults, fault('directory-broken', { at: endAt + tailAt }))
  }
  if (prepended > 0) faults.push(fault('prepended-bytes', { bytes: prepended }))
  if (
    !endRecords(end.count, end.directoryBytes, end.directoryOffset).equals(tail.subarray(end.at, endAt + END_BYTES))
  ) {
    faults.push(fault('zip-dialect', { name: '-', field: 'end of directory' }))
  }
  const directory = await readAt(file, directoryAt, end.directoryBytes)
  if (!directory) return none(...faults, fault('truncated'))

  const sound = new Set<ZipRecord>()
  const entries: ZipRecord[] = []
  let at = 0
  while (at < directory.length && entries.length <= limits.members) {
    const record = recordAt(directory, at)
    if (!record) return none(...faults, fault('directory-broken', { at: directoryAt + at }))
    const { entry, length } = record
    const own = entryFaults(entry, directory.subarray(at, at + length), limits)
    entries.push(entry)
    if (own.length === 0) sound.add(entry)
    faults.push(...own)
    entry.offset += prepended
    at += length
  }
  if (entries.length !== end.count) faults.push(fault('directory-broken', { at: directoryAt + at }))
  const total = entries.reduce((sum, entry) => sum + entry.bytes, 0)
  if (total > limits.totalBytes) {
    faults.push(fault('total-too-big', { bytes: total, limit: limits.totalBytes }))
    sound.clear()
  }
  faults.push(
    ...collisionFaults(entries.map((entry) => entry.name)),
    ...spanFaults(entries, prepended, directoryAt, sound),
  )
  return { entries, sound, faults }
}

/** Count, size and place of the directory; `at` is where the end records begin in `tail`. */
function endOf(tail: Buffer, endAt: number) {
  const end = {
    at: endAt,
    count: tail.readUInt16LE(endAt + 10),
    directoryBytes: tail.readUInt32LE(endAt + 12),
    directoryOffset: tail.readUInt32LE(endAt + 16),
  }
  const record = endAt - END64_BYTES
  if (end.count < 0xffff || record < 0 || tail.readUInt32LE(record) !== 0x06064b50) return end
  return { ...end, at: record, count: Number(tail.readBigUInt64LE(record + 32)) }
}

function recordAt(directory: Buffer, at: number): { entry: ZipRecord; length: number } | undefined {
  if (at + CENTRAL_BYTES > directory.length || directory.readUInt32LE(at) !== 0x02014b50) return undefined
  const nameEnd = at + CENTRAL_BYTES + directory.readUInt16LE(at + 28)
  const length = nameEnd - at + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
  if (at + length > directory.length) return undefined
  const entry = {
    name: directory.toString('latin1', at + CENTRAL_BYTES, nameEnd),
    method: directory.readUInt16LE(at + 10),
    crc: directory.readUInt32LE(at + 16),
    packed: directory.readUInt32LE(at + 20),
    bytes: directory.readUInt32LE(at + 24),
    offset: directory.readUInt32LE(at + 42),
  }
  return { entry, length }
}

/** What is wrong with one central record by itself; `raw` is the record as it stands in the file. */
function entryFaults(entry: ZipRecord, raw: Buffer, limits: Limits): SealFault[] {
  const name = printable(entry.name)
  const type = raw.readUInt16LE(40) & 0o170000
  const faults: SealFault[] = []
  if (raw.readUInt16LE(8) & 0x2041) faults.push(fault('encrypted', { name }))
  if (entry.name.endsWith('/') || type === 0o040000 || raw.readUInt16LE(38) & 0x10)
    faults.push(fault('directory-entry', { name }))
  else if (type !== 0 && type !== 0o100000) faults.push(fault('special-file', { name }))
  if (entry.method !== STORED && entry.method !== DEFLATED)
    faults.push(fault('method-unsupported', { name, method: entry.method }))
  if (entry.method === STORED && entry.packed !== entry.bytes) {
    faults.push(fault('inflate-size', { name, declared: entry.bytes, found: entry.packed }))
  }
  if (!entry.name.endsWith('/')) faults.push(...nameFaults(entry.name))
  if (entry.bytes > limits.memberBytes)
    faults.push(fault('member-too-big', { name, bytes: entry.bytes, limit: limits.memberBytes }))
  if (entry.bytes > RATIO_FROM && entry.bytes > limits.ratio * entry.packed) {
    faults.push(fault('ratio', { name, bytes: entry.bytes, packed: entry.packed, limit: limits.ratio }))
  }
  const expected = centralHeader(entry)
  if (faults.length === 0 && !expected.equals(raw)) {
    faults.push(fault('zip-dialect', { name, field: differingField(CENTRAL_FIELDS, raw, expected) }))
  }
  return faults
}

/**
 * Members follow each other without gap or overlap, in the order of the directory, from the first byte to the
 * directory.
 */
function spanFaults(entries: readonly ZipRecord[], from: number, to: number, sound: Set<ZipRecord>): SealFault[] {
  const faults: SealFault[] = []
  let expected = from
  let before = '-'
  const byOffset = entries.toSorted((a, b) => a.offset - b.offset)
  byOffset.forEach((entry, i) => {
    const name = printable(entry.name)
    const end = entry.offset + LOCAL_BYTES + entry.name.length + entry.packed
    if (entry.offset < expected) faults.push(fault('overlap', { name, other: before }))
    else if (entry.offset > expected) {
      const bytes = entry.offset - expected
      faults.push(i === 0 ? fault('prepended-bytes', { bytes }) : fault('unaccounted-bytes', { bytes, at: expected }))
    } else if (entries[i] !== entry) faults.push(fault('zip-dialect', { name, field: 'order' }))
    if (end > to) faults.push(fault('overlap', { name, other: 'central directory' }))
    if (entry.offset < expected || end > to) sound.delete(entry)
    if (end >= expected) [expected, before] = [end, name]
  })
  if (expected < to) faults.push(fault('unaccounted-bytes', { bytes: to - expected, at: expected }))
  return faults
}
