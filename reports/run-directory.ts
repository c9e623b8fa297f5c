import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fdatasyncSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { canonical, digestOfBytes } from '../suites/canonical.ts'
import { faulty, ok, type Result } from '../suites/fault.ts'
import type { Disclosure, ObjectRef } from '../suites/observation.ts'
import { lineOf, readJournal, type Entry, type Journal, type Line } from './journal.ts'

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

export function createRunDirectory(path: string, now: () => number): Result<RunDirectory> {
  if (existsSync(join(path, 'journal.jsonl'))) return faulty({ code: 'run-exists', values: { path } })
  mkdirSync(join(path, 'objects', 'sha256'), { recursive: true })
  return open(path, now, { lines: [], head: null, length: 0, cut: 0 })
}

/** Opens a run to go on with it; a line that a crash cut short is dropped. */
export function openRunDirectory(path: string, now: () => number): Result<RunDirectory & { dropped: number }> {
  const file = join(path, 'journal.jsonl')
  if (!existsSync(file)) return faulty({ code: 'no-run', values: { path } })
  const journal = readJournal(new Uint8Array(readFileSync(file)), file)
  if (!journal.ok) return journal
  const opened = open(path, now, journal.value)
  return opened.ok ? ok({ ...opened.value, dropped: journal.value.cut }) : opened
}

function open(path: string, now: () => number, journal: Journal): Result<RunDirectory> {
  const locked = takeLock(join(path, 'lock'))
  if (!locked.ok) return locked
  const file = openSync(join(path, 'journal.jsonl'), 'a+', 0o644)
  ftruncateSync(file, journal.length)
  const lines = [...journal.lines]
  let head = journal.head
  return ok({
    path,
    lines: () => lines,
    head: () => head,
    append(entry) {
      const at = now()
      const { bytes, digest } = lineOf(entry, lines.length, head, at)
      writeAll(file, bytes)
      fdatasyncSync(file)
      lines.push({ ...entry, n: lines.length, prev: head, at })
      head = digest
    },
    store(content, about) {
      const bytes = Buffer.concat([Buffer.from(`${randomBytes(32).toString('hex')}\n`, 'latin1'), content])
      const digest = digestOfBytes(bytes)
      writeWhole(join(path, 'objects', 'sha256', digest), bytes)
      return { digest, bytes: content.length, mediaType: about.mediaType, disclosure: about.disclosure, name: about.name }
    },
    write(name, content) {
      mkdirSync(dirname(join(path, name)), { recursive: true })
      writeWhole(join(path, name), typeof content === 'string' ? Buffer.from(content) : content)
    },
    close() {
      closeSync(file)
      rmSync(join(path, 'lock'), { force: true })
    },
  })
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
}

function writeWhole(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.${process.pid}.part`
  const file = openSync(temporary, 'w', 0o644)
  try {
    writeAll(file, bytes)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
}

/** One process at a time; the lock of a process that is gone is taken over. */
function takeLock(path: string): Result<null> {
  const me = `${process.pid} ${startOf(process.pid)}`
  try {
    writeFileSync(path, me, { flag: 'wx' })
    return ok(null)
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'EEXIST') return faulty({ code: 'unwritable', values: { path, why: (e as NodeJS.ErrnoException).code ?? '' } })
  }
  const [pid = '', start = ''] = readFileSync(path, 'utf8').split(' ')
  if (pid !== '' && startOf(Number(pid)) === start && start !== '') return faulty({ code: 'run-locked', values: { path, pid } })
  writeFileSync(path, me)
  return ok(null)
}

/** Start time of a process (field 22 of /proc/PID/stat), so that a recycled number is not taken for the owner. */
function startOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

/** The content of an object file without its salt line; null when the file is not what its name says. */
export function contentOf(bytes: Uint8Array, digest: string): Uint8Array | null {
  if (digestOfBytes(bytes) !== digest || bytes[64] !== 0x0a) return null
  return bytes.subarray(65)
}

export const canonicalBytes = (value: unknown): Uint8Array => new TextEncoder().encode(canonical(value))
