import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'

const BLOCK = 512
const MOST_UNPACKED = 256 * 1024 * 1024
const MOST_VERSION_FILE = 65_536
const HASHES = ['md5', 'sha1', 'sha256', 'sha512'] as const

/** A regular file of a tar archive: where its content lies in the unpacked bytes. */
export interface TarFile {
  name: string
  from: number
  to: number
}

/** The regular files of an archive (POSIX ustar and its GNU and pax relatives); null for bytes that are none. */
export function tarFiles(tar: Uint8Array): TarFile[] | null {
  const text = (from: number, length: number) =>
    Buffer.from(tar.subarray(from, from + length))
      .toString('latin1')
      .replace(/\0.*$/s, '')
  const files: TarFile[] = []
  for (let at = 0; at + BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK)
    if (header.every((b) => b === 0)) return files
    const size = sizeIn(header)
    const from = at + BLOCK
    if (size === null || !checksumHolds(header) || from + size > tar.length) return null
    const type = header[156]
    if (type === 0x30 || type === 0) files.push({ name: text(at, 100), from, to: from + size })
    at = from + Math.ceil(size / BLOCK) * BLOCK
  }
  return files.length > 0 ? files : null
}

/** Octal digits, or a binary number in GNU archives with big files. */
function sizeIn(header: Uint8Array): number | null {
  const field = header.subarray(124, 136)
  if (((field[0] ?? 0) & 0x80) !== 0) return field.subarray(4).reduce((n, b) => n * 256 + b, 0)
  const digits = /^[ 0]*([0-7]*)[ \0]*$/.exec(Buffer.from(field).toString('latin1'))
  return digits ? parseInt(digits[1] || '0', 8) : null
}

function checksumHolds(header: Uint8Array): boolean {
  const stored = parseInt(Buffer.from(header.subarray(148, 156)).toString('latin1').replace(/[\0 ]/g, ''), 8)
  return stored === header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0)
}

/**
 * The same archive with one bit of its largest file inverted and its version raised, in place: no length changes, every
 * checksum of gzip and tar is right, and so is every digest that a file of the archive holds of another one. What an
 * attacker without the key would make. Null where the bytes are no such archive.
 */
export function repackGzipTar(gzip: Uint8Array, version: string): Uint8Array | null {
  let tar: Buffer
  try {
    tar = gunzipSync(gzip, { maxOutputLength: MOST_UNPACKED })
  } catch {
    return null
  }
  const files = tarFiles(tar)
  if (files === null) return null
  const contents = () => files.map((f) => tar.subarray(f.from, f.to))
  const before = contents().map(digestsOf)
  const holdsVersion = files.filter(
    (f) => f.to - f.from <= MOST_VERSION_FILE && replaceVersion(tar.subarray(f.from, f.to), version),
  )
  const largest = files.reduce(
    (a, b) => (b.to - b.from > a.to - a.from ? b : a),
    files[0] ?? { name: '', from: 0, to: 0 },
  )
  const middle = largest.from + ((largest.to - largest.from) >> 1)
  if (largest.to > largest.from && !holdsVersion.includes(largest)) tar[middle] = (tar[middle] ?? 0) ^ 1
  /** A list of digests may itself stand in a list. */
  for (let pass = 0, stale = before; pass < 3; pass++) {
    const now = contents().map(digestsOf)
    for (const [i, old] of stale.entries())
      for (const [k, digest] of old.entries())
        for (const content of contents()) replaceAll(content, digest, now[i]?.[k] ?? digest)
    stale = now
  }
  return gzipSync(tar)
}

const digestsOf = (content: Uint8Array): string[] => HASHES.map((h) => createHash(h).update(content).digest('hex'))

function replaceAll(content: Buffer, from: string, to: string): void {
  if (from === to) return
  for (const [a, b] of [
    [from, to],
    [from.toUpperCase(), to.toUpperCase()],
  ] as const)
    for (let at = content.indexOf(a, 0, 'latin1'); at >= 0; at = content.indexOf(a, at + 1, 'latin1'))
      content.write(b, at, 'latin1')
}

/** Where the version stands as a word of its own. */
function replaceVersion(content: Buffer, version: string): boolean {
  const next = raisedVersion(version)
  let found = false
  for (let at = content.indexOf(version, 0, 'latin1'); at >= 0; at = content.indexOf(version, at + 1, 'latin1')) {
    const around = `${String.fromCharCode(content[at - 1] ?? 32)}${String.fromCharCode(content[at + version.length] ?? 32)}`
    if (/[0-9]/.test(around)) continue
    content.write(next, at, 'latin1')
    found = true
  }
  return found
}

/** A higher version of the same length: the last digit below 9 grows by one. */
export function raisedVersion(version: string): string {
  const at = version.search(/[0-8][^0-8]*$/)
  return at < 0
    ? version.replace(/.$/, '8')
    : `${version.slice(0, at)}${Number(version[at]) + 1}${version.slice(at + 1)}`
}
