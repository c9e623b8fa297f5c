import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { canonical, digestOfBytes } from '../suites/canonical.ts'
import { faulty, ok, type Result } from '../suites/fault.ts'
import type { Disclosure, ObjectRef } from '../suites/observation.ts'
import { lineOf, readJournal, type Entry, type Journal, type Line } from './journal.ts'
import { makeDirectory } from './make-directory.ts'
import { releaseLock, takeLock } from './run-lock.ts'

/**
 * A run's directory: `journal.jsonl` (append-only, hash-chained, flushed before the next step), `objects/sha256/…`,
 * and the frozen inputs. An object file is a line of 64 hexadecimal characters of random salt, then the content; its
 * name is the SHA-256 of the whole file, so that `sha256sum` checks it and a withheld one cannot be guessed (rule 13).
 */
export interface RunDirectory {
  path: string
  lines(): readonly Line[]
  head(): string | null
  /** Appends and flushes; returns only when the line is on the disk. */
  append(entry: Entry): void
  store(content: Uint8Array, about: { name: string; mediaType: string; disclosure: Disclosure }): ObjectRef
  /** Writes a whole file by renaming, so that a crash leaves the old or the new one. */
  write(name: string, content: string | Uint8Array): void
  close(): void
}

/**
 * A directory for a new run. One whose journal is empty holds none: its run was killed before anything was sent.
 * Throws what the system says where the directory cannot be written.
 */
export function createRunDirectory(path: string, now: () => number): Result<RunDirectory> {
  if (holdsRun(path)) return faulty({ code: 'run-exists', values: { path } })
  const isUnbegun = existsSync(join(path, 'journal.jsonl'))
  makeDirectory(join(path, 'objects', 'sha256'))
  const locked = takeLock(path)
  if (!locked.ok) return locked
  return underLock(path, () => {
    if (holdsRun(path)) return faulty({ code: 'run-exists', values: { path } })
    if (isUnbegun)
      for (const inputs of ['regulations', 'catalogues']) rmSync(join(path, inputs), { recursive: true, force: true })
    return ok(open(path, now, { lines: [], head: null, length: 0, cut: 0 }))
  })
}

/** Opens a run to go on with it; a line that a crash cut short is dropped. */
export function openRunDirectory(path: string, now: () => number): Result<RunDirectory & { dropped: number }> {
  if (!holdsRun(path)) return faulty({ code: 'no-run', values: { path } })
  const locked = takeLock(path)
  if (!locked.ok) return locked
  return underLock(path, () => {
    const file = join(path, 'journal.jsonl')
    const journal = readJournal(new Uint8Array(readFileSync(file)), file)
    return journal.ok ? ok({ ...open(path, now, journal.value), dropped: journal.value.cut }) : journal
  })
}

/** A run has begun when the first line of its journal is on the disk. */
const holdsRun = (path: string): boolean => {
  const file = join(path, 'journal.jsonl')
  return existsSync(file) && readFileSync(file).includes(0x0a)
}

/** The lock is kept by a directory that was opened, and by nothing else. */
function underLock<T>(path: string, work: () => Result<T>): Result<T> {
  let kept = false
  try {
    const result = work()
    kept = result.ok
    return result
  } finally {
    if (!kept) releaseLock(path)
  }
}

function open(path: string, now: () => number, journal: Journal): RunDirectory {
  dropUnfinished(path)
  const file = openSync(join(path, 'journal.jsonl'), 'a+', 0o644)
  ftruncateSync(file, journal.length)
  const lines = [...journal.lines]
  let { head, length } = journal
  let broken: Error | null = null
  return {
    path,
    lines: () => lines,
    head: () => head,
    append(entry) {
      if (broken) throw broken
      const at = now()
      const { bytes, digest } = lineOf(entry, lines.length, head, at)
      try {
        writeAll(file, bytes)
        fdatasyncSync(file)
      } catch (e) {
        broken = cutBack(file, length)
        throw e
      }
      length += bytes.length
      lines.push({ ...entry, n: lines.length, prev: head, at })
      head = digest
    },
    store(content, about) {
      const bytes = Buffer.concat([Buffer.from(`${randomBytes(32).toString('hex')}\n`, 'latin1'), content])
      const digest = digestOfBytes(bytes)
      writeWhole(join(path, 'objects', 'sha256', digest), bytes)
      return {
        digest,
        bytes: content.length,
        mediaType: about.mediaType,
        disclosure: about.disclosure,
        name: about.name,
      }
    },
    write(name, content) {
      makeDirectory(dirname(join(path, name)))
      writeWhole(join(path, name), typeof content === 'string' ? Buffer.from(content) : content)
    },
    close() {
      closeSync(file)
      releaseLock(path)
    },
  }
}

/** Half a line must not be followed by another one: the rest of a failed write is cut off, else nothing more is written. */
function cutBack(file: number, length: number): Error | null {
  try {
    ftruncateSync(file, length)
    return null
  } catch (e) {
    return e as Error
  }
}

/** What a killed process had not finished writing. */
function dropUnfinished(path: string): void {
  for (const folder of ['.', join('objects', 'sha256'), 'regulations', 'catalogues']) {
    const at = join(path, folder)
    for (const name of existsSync(at) ? readdirSync(at) : [])
      if (/^(?!lock\.).*\.\d+\.part$/.test(name)) rmSync(join(at, name), { force: true })
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done)
}

/** Writes a file by renaming a finished one, so that a crash or a full disk leaves the old content or the new, never a part. */
export function writeWhole(path: string, bytes: Uint8Array, mode = 0o644): void {
  const temporary = `${path}.${process.pid}.part`
  try {
    const file = openSync(temporary, 'w', mode)
    try {
      writeAll(file, bytes)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (e) {
    rmSync(temporary, { force: true })
    throw e
  }
}

/** The content of an object file without its salt line; null when the file is not what its name says. */
export function contentOf(bytes: Uint8Array, digest: string): Uint8Array | null {
  if (digestOfBytes(bytes) !== digest || bytes[64] !== 0x0a) return null
  return bytes.subarray(65)
}

export const canonicalBytes = (value: unknown): Uint8Array => new TextEncoder().encode(canonical(value))
