import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { MANIFEST, MIMETYPE, SIGNATURE, parseManifest, type DataObject } from './asic-manifest.ts'
import { errorCode, fault, printable, type SealFault } from './seal-fault.ts'
import { LIMITS, readDirectory, type Directory, type Limits } from './zip-directory.ts'
import { check, contentOf, type Reading } from './zip-member.ts'
import { STORED, type ZipRecord } from './zip-layout.ts'

export interface Member {
  bytes: number
  /** Lower-case hexadecimal, of the contents as they were when the bundle was opened. */
  sha256: string
  /**
   * The whole contents; rejects with RangeError above `maxBytes` (default 256 MiB), with Error when the file has
   * changed since.
   */
  read(maxBytes?: number): Promise<Uint8Array>
  /** The contents in pieces; fails at the end when the file has changed since the bundle was opened. */
  stream(): AsyncIterable<Uint8Array>
}

export interface Bundle {
  /** What the manifest lists and the container holds. */
  members: Map<string, Member>
  /** What the manifest lists and the container does not hold; legal only with `withheldFaults` of disclosure.ts. */
  withheld: { name: string; sha256: string | null }[]
  /** Media types by the manifest. */
  mediaTypes: Map<string, string>
  manifest: Uint8Array
  signature: Uint8Array
  close(): Promise<void>
}

export type OpenResult = { bundle: Bundle } | { faults: SealFault[] }

const READ_BYTES = 256 * 2 ** 20
const MANIFEST_BYTES = 64 * 2 ** 20
const SIGNATURE_BYTES = 1 << 20
const MAX_FAULTS = 500
const OBJECT = /^objects\/sha256\/([0-9a-f]{64})$/

/** Members whose absence may be a withholding; all others must be there. */
export const mayBeWithheld = (name: string): boolean => name === 'report.html' || name.startsWith('objects/')

/**
 * Reads a sealed report that may be hostile, with every fault at once: the container is one exact zip dialect, the
 * manifest lists every member, every digest holds, every object bears its own digest as its name. The signature is not
 * looked at here. Nothing is written anywhere; memory does not grow with the members. The bundle keeps the file open
 * until it is closed.
 */
export async function openBundle(path: string, limits: Partial<Limits> = {}): Promise<OpenResult> {
  let file: FileHandle | undefined
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = await file.stat()
    const result = stat.isFile()
      ? await readBundle(file, stat.size, { ...LIMITS, ...limits })
      : { faults: [fault('not-a-zip')] }
    if ('faults' in result) await file.close()
    return 'faults' in result ? { faults: capped(result.faults) } : result
  } catch (error) {
    await file?.close().catch(() => undefined)
    return { faults: [fault('file-unreadable', { path, error: errorCode(error) })] }
  }
}

const capped = (faults: SealFault[]): SealFault[] =>
  faults.length <= MAX_FAULTS
    ? faults
    : [...faults.slice(0, MAX_FAULTS), fault('more-faults', { count: faults.length - MAX_FAULTS })]

async function readBundle(file: FileHandle, size: number, limits: Limits): Promise<OpenResult> {
  const directory = await readDirectory(file, size, limits)
  const faults = [...directory.faults, ...(await mimetypeFaults(file, directory)), ...metadataFaults(directory)]
  if (directory.entries.length === 0) return { faults: directory.faults.length > 0 ? directory.faults : faults }

  const manifest = await small(file, directory, MANIFEST, MANIFEST_BYTES, faults)
  const signature = await small(file, directory, SIGNATURE, SIGNATURE_BYTES, faults)
  const listed = manifest ? parseManifest(manifest) : { objects: [], faults: [] }
  faults.push(...listed.faults)
  const objects = new Map(listed.objects.map((object) => [object.name, object]))
  const members = new Map<string, Member>()
  for (const entry of directory.entries) {
    const object = objects.get(entry.name)
    if (isOwn(entry.name)) continue
    if (manifest && !object) faults.push(fault('unlisted-member', { name: printable(entry.name) }))
    if (!directory.sound.has(entry)) continue
    const found = await check(file, entry, object?.algorithm)
    if ('code' in found) faults.push(found)
    else {
      if (object) faults.push(...contentFaults(object, found))
      members.set(entry.name, memberOf(file, entry, found.sha256))
    }
  }
  const there = new Set(directory.entries.map((entry) => entry.name))
  const absent = listed.objects.filter((object) => !there.has(object.name))
  faults.push(
    ...absent
      .filter(({ name }) => !mayBeWithheld(name))
      .map(({ name }) => fault('missing-member', { name: printable(name) })),
  )
  faults.push(...absent.flatMap((object) => nameOfObject(object.name, sha256Of(object))))
  if (faults.length > 0 || !manifest || !signature) return { faults }
  return {
    bundle: {
      members,
      manifest,
      signature,
      withheld: absent.map((object) => ({ name: object.name, sha256: sha256Of(object) })),
      mediaTypes: new Map(listed.objects.map(({ name, mediaType }) => [name, mediaType])),
      close: () => file.close(),
    },
  }
}

const isOwn = (name: string): boolean => name === 'mimetype' || name === MANIFEST || name === SIGNATURE
const sha256Of = ({ algorithm, digest }: DataObject): string | null =>
  algorithm === 'sha256' ? Buffer.from(digest).toString('hex') : null

/** Digest against the manifest, name and salt line of an object. */
function contentFaults(object: DataObject, found: Reading): SealFault[] {
  const name = printable(object.name)
  const faults = nameOfObject(object.name, found.sha256)
  if (!Buffer.from(object.digest).equals(found.digest)) faults.push(fault('digest-mismatch', { name }))
  if (OBJECT.test(object.name) && !hasSalt(found.head)) faults.push(fault('object-salt', { name }))
  return faults
}

/** Everything below objects/ is named by its own SHA-256. */
export function nameOfObject(name: string, sha256: string | null): SealFault[] {
  if (!name.startsWith('objects/')) return []
  const own = OBJECT.exec(name)?.[1]
  return own === undefined || (sha256 !== null && own !== sha256)
    ? [fault('object-name', { name: printable(name) })]
    : []
}

/**
 * The first line of an object is 64 hexadecimal digits of salt: a withheld object cannot be guessed from its digest.
 */
export const hasSalt = (head: Uint8Array): boolean => /^[0-9a-f]{64}\n/.test(Buffer.from(head).toString('latin1'))

/** ETSI EN 319 162-1 clause A.1: the first entry, stored, with exactly this text. */
async function mimetypeFaults(file: FileHandle, { entries, sound }: Directory): Promise<SealFault[]> {
  const entry = entries.find(({ name }) => name === 'mimetype')
  if (!entry || entry !== entries[0]) return [fault('mimetype-not-first')]
  if (entry.method !== STORED) return [fault('mimetype-compressed')]
  if (!sound.has(entry)) return []
  const found = await check(file, entry)
  if ('code' in found) return [found]
  return found.sha256 === createHash('sha256').update(MIMETYPE).digest('hex') ? [] : [fault('mimetype-wrong')]
}

/** One manifest and one signature: which of two a reader believes would be its own choice. */
function metadataFaults({ entries }: Directory): SealFault[] {
  const names = entries.map(({ name }) => name.toLowerCase())
  const manifests = names.filter((name) => /^meta-inf\/.*manifest.*\.xml$/.test(name)).length
  const signatures = names.filter((name) => /^meta-inf\/.*(signature|timestamp).*$/.test(name)).length
  const faults: SealFault[] = []
  if (manifests > 1) faults.push(fault('manifest-several', { count: manifests }))
  if (!entries.some(({ name }) => name === MANIFEST)) faults.push(fault('manifest-missing'))
  if (signatures > 1) faults.push(fault('signature-several', { count: signatures }))
  if (!entries.some(({ name }) => name === SIGNATURE)) faults.push(fault('signature-missing'))
  return faults
}

/** A member read into memory; undefined with its fault added when it cannot be. */
async function small(
  file: FileHandle,
  { entries, sound }: Directory,
  name: string,
  limit: number,
  faults: SealFault[],
): Promise<Uint8Array | undefined> {
  const entry = entries.find((one) => one.name === name)
  if (!entry || !sound.has(entry)) return undefined
  if (entry.bytes > limit) {
    faults.push(fault('member-too-big', { name, bytes: entry.bytes, limit }))
    return undefined
  }
  const found = await check(file, entry)
  if ('code' in found) {
    faults.push(found)
    return undefined
  }
  return memberOf(file, entry, found.sha256).read(limit)
}

function memberOf(file: FileHandle, entry: ZipRecord, sha256: string): Member {
  async function* stream(): AsyncGenerator<Uint8Array> {
    const again = createHash('sha256')
    for await (const chunk of contentOf(file, entry)) {
      again.update(chunk)
      yield chunk
    }
    if (again.digest('hex') !== sha256) throw new Error(`${printable(entry.name)}: changed since it was opened`)
  }
  const read = async (maxBytes = READ_BYTES): Promise<Uint8Array> => {
    if (entry.bytes > maxBytes)
      throw new RangeError(`${printable(entry.name)}: ${entry.bytes} bytes, more than ${maxBytes}`)
    const chunks: Uint8Array[] = []
    for await (const chunk of stream()) chunks.push(chunk)
    return Buffer.concat(chunks)
  }
  return { bytes: entry.bytes, sha256, read, stream }
}
