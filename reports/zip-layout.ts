/**
 * The one zip dialect of a sealed report (APPNOTE.TXT 6.3): no flags, no extra fields, no comments, a fixed date,
 * stored or deflated, sizes known in front. Each record is a function of the fields below, so a reader proves that
 * no byte of the container means anything else by encoding again and comparing.
 */
export interface ZipRecord {
  /** Bytes of the name as Latin-1: any bytes survive, whatever a hostile file holds. */
  name: string
  method: number
  crc: number
  /** Bytes in the container. */
  packed: number
  /** Bytes after inflating. */
  bytes: number
  /** Of the local header, from the start of the container. */
  offset: number
}

export const STORED = 0
export const DEFLATED = 8
export const LOCAL_BYTES = 30
export const CENTRAL_BYTES = 46
export const END_BYTES = 22
export const END64_BYTES = 56 + 20
/** Sizes and offsets are 32 bit; only the number of members may need the zip64 end record. */
export const MAX_ZIP_BYTES = 0xffff_fffe

const VERSION = 20
const MADE_BY = 0x0314
const DATE_1980_01_01 = 0x21
/** A regular file, rw-r--r--. */
const ATTRIBUTES = 0o100644 * 0x10000

/** Fields of the central record by offset and width, for naming the one that differs. */
export const CENTRAL_FIELDS: readonly [name: string, offset: number, bytes: number][] = [
  ['signature', 0, 4],
  ['version made by', 4, 2],
  ['version needed', 6, 2],
  ['flags', 8, 2],
  ['method', 10, 2],
  ['time', 12, 2],
  ['date', 14, 2],
  ['CRC-32', 16, 4],
  ['packed size', 20, 4],
  ['size', 24, 4],
  ['name length', 28, 2],
  ['extra field', 30, 2],
  ['comment', 32, 2],
  ['disk', 34, 2],
  ['internal attributes', 36, 2],
  ['external attributes', 38, 4],
  ['offset', 42, 4],
]
export const LOCAL_FIELDS: readonly [name: string, offset: number, bytes: number][] = [
  ['signature', 0, 4],
  ['version needed', 4, 2],
  ['flags', 6, 2],
  ['method', 8, 2],
  ['time', 10, 2],
  ['date', 12, 2],
  ['CRC-32', 14, 4],
  ['packed size', 18, 4],
  ['size', 22, 4],
  ['name length', 26, 2],
  ['extra field', 28, 2],
]

/** Local file header, APPNOTE 4.3.7. */
export function localHeader(entry: ZipRecord): Buffer {
  const name = Buffer.from(entry.name, 'latin1')
  const b = Buffer.alloc(LOCAL_BYTES + name.length)
  b.writeUInt32LE(0x04034b50, 0)
  b.writeUInt16LE(VERSION, 4)
  b.writeUInt16LE(entry.method, 8)
  b.writeUInt16LE(DATE_1980_01_01, 12)
  b.writeUInt32LE(entry.crc, 14)
  b.writeUInt32LE(entry.packed, 18)
  b.writeUInt32LE(entry.bytes, 22)
  b.writeUInt16LE(name.length, 26)
  name.copy(b, LOCAL_BYTES)
  return b
}

/** Central directory header, APPNOTE 4.3.12. */
export function centralHeader(entry: ZipRecord): Buffer {
  const name = Buffer.from(entry.name, 'latin1')
  const b = Buffer.alloc(CENTRAL_BYTES + name.length)
  b.writeUInt32LE(0x02014b50, 0)
  b.writeUInt16LE(MADE_BY, 4)
  b.writeUInt16LE(VERSION, 6)
  b.writeUInt16LE(entry.method, 10)
  b.writeUInt16LE(DATE_1980_01_01, 14)
  b.writeUInt32LE(entry.crc, 16)
  b.writeUInt32LE(entry.packed, 20)
  b.writeUInt32LE(entry.bytes, 24)
  b.writeUInt16LE(name.length, 28)
  b.writeUInt32LE(ATTRIBUTES, 38)
  b.writeUInt32LE(entry.offset, 42)
  name.copy(b, CENTRAL_BYTES)
  return b
}

/**
 * End of central directory, APPNOTE 4.3.16; above 65534 members the zip64 record and locator in front (4.3.14, 4.3.15).
 */
export function endRecords(count: number, directoryBytes: number, directoryOffset: number): Buffer {
  const many = count >= 0xffff
  const end = Buffer.alloc(END_BYTES)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(many ? 0xffff : count, 8)
  end.writeUInt16LE(many ? 0xffff : count, 10)
  end.writeUInt32LE(directoryBytes, 12)
  end.writeUInt32LE(directoryOffset, 16)
  if (!many) return end
  const b = Buffer.alloc(END64_BYTES)
  b.writeUInt32LE(0x06064b50, 0)
  b.writeUInt32LE(44, 4)
  b.writeUInt16LE(MADE_BY, 12)
  b.writeUInt16LE(45, 14)
  b.writeUInt32LE(count, 24)
  b.writeUInt32LE(count, 32)
  b.writeUInt32LE(directoryBytes, 40)
  b.writeUInt32LE(directoryOffset, 48)
  b.writeUInt32LE(0x07064b50, 56)
  b.writeUInt32LE(directoryOffset + directoryBytes, 64)
  b.writeUInt32LE(1, 72)
  return Buffer.concat([b, end])
}

/** The first field in which two encodings of one record differ; 'name' when the fixed part agrees. */
export function differingField(fields: typeof CENTRAL_FIELDS, found: Buffer, expected: Buffer): string {
  const field = fields.find(
    ([, at, width]) => !found.subarray(at, at + width).equals(expected.subarray(at, at + width)),
  )
  return field ? field[0] : 'name'
}
