import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canonical, digestOfBytes } from '../../suites/canonical.ts'
import { faulty, ok, type Fault, type Result } from '../../suites/fault.ts'
import { checkValue } from '../../profiles/yaml-file.ts'
import { verifyCades } from '../cades-verify.ts'
import type { Certificate } from '../certificates.ts'
import { errorCode } from '../seal-fault.ts'
import { eventSchema, lineOf, signedBytes, type CatalogEvent } from './events.ts'
import { catalogFault } from './fault.ts'

export const LOG_FILE = 'events.jsonl'

export interface LoggedEvent {
  event: CatalogEvent
  /** SHA-256 of its line without the line end: what the next event names as `previous`. */
  digest: string
}

export interface Log {
  events: LoggedEvent[]
  /** What stands after the last line end: a write that a crash cut short. It never took effect. */
  torn: { bytes: number; sha256: string } | null
  /** Bytes of the whole lines. */
  bytes: Buffer
}

/** Reads the log and checks every line: form, number, chain, order of time, signature by a pinned registrar. */
export async function readLog(store: string, registrars: readonly Certificate[]): Promise<Result<Log>> {
  const file = join(store, LOG_FILE)
  try {
    return checkLog(await readFile(file), registrars, file)
  } catch (e) {
    return faulty(catalogFault('log-empty', { error: errorCode(e) }, { file }))
  }
}

/** The same over bytes. Every fault at once; a fault of form ends the checks of that line. */
export function checkLog(whole: Buffer, registrars: readonly Certificate[], file: string): Result<Log> {
  const end = whole.lastIndexOf(0x0a) + 1
  const bytes = whole.subarray(0, end)
  const rest = whole.subarray(end)
  const torn = rest.length > 0 ? { bytes: rest.length, sha256: digestOfBytes(rest) } : null
  const faults: Fault[] = []
  const events: LoggedEvent[] = []
  let previous = null as { digest: string; at: number } | null
  let number = 0
  for (let from = 0; from < end; number++) {
    const to = bytes.indexOf(0x0a, from)
    const line = bytes.subarray(from, to)
    const digest = digestOfBytes(line)
    const where = { file, line: number + 1 }
    const parsed = parseLine(line, where)
    if (!parsed.ok) faults.push(...parsed.faults)
    else {
      const event = parsed.value
      if (event.number !== number + 1)
        faults.push(catalogFault('event-number', { expected: number + 1, found: event.number }, where))
      if (event.previous !== (previous?.digest ?? null)) faults.push(catalogFault('event-previous', {}, where))
      if (previous && event.at < previous.at) faults.push(catalogFault('event-time', {}, where))
      faults.push(...signatureFaults(event, registrars).map((f) => ({ ...f, ...where })))
      events.push({ event, digest })
    }
    previous = { digest, at: parsed.ok ? parsed.value.at : (previous?.at ?? 0) }
    from = to + 1
  }
  if (number === 0) faults.push(catalogFault('log-empty', { error: 'empty' }, { file }))
  return faults.length > 0 ? faulty(...faults) : ok({ events, torn, bytes })
}

function parseLine(line: Uint8Array, where: { file: string; line: number }): Result<CatalogEvent> {
  let value: unknown
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line)
    value = JSON.parse(text)
  } catch {
    return faulty(catalogFault('event-not-json', {}, where))
  }
  const checked = checkValue(eventSchema, value)
  if (!checked.ok) return faulty(catalogFault('event-field', { field: checked.faults[0]?.field ?? '/' }, where))
  return canonical(value) === text ? ok(checked.value) : faulty(catalogFault('event-not-canonical', {}, where))
}

/** The signature is the named registrar's, made at the time the event states, while his certificate was valid. */
export function signatureFaults({ signature, ...event }: CatalogEvent, registrars: readonly Certificate[]): Fault[] {
  const opened = verifyCades(signedBytes(event), Buffer.from(signature, 'base64'))
  if ('faults' in opened) return [catalogFault('event-signature', { why: opened.faults[0]?.code ?? '' })]
  const { certificate, signingTime } = opened.facts
  const registrar = registrars.find((r) => r.sha256 === digestOfBytes(certificate))
  if (!registrar || registrar.sha256 !== event.by.certificate || subjectOf(registrar) !== event.by.subject)
    return [catalogFault('event-signer', { subject: event.by.subject })]
  if (signingTime !== Math.floor(event.at / 1_000_000) * 1_000_000)
    return [catalogFault('event-signature', { why: 'signing-time' })]
  if (event.at < registrar.from || event.at > registrar.until)
    return [catalogFault('event-signature', { why: 'certificate-not-now' })]
  return []
}

/** The subject of a certificate on one line. */
export const subjectOf = (certificate: Certificate): string => certificate.x509.subject.split('\n').join(', ')

/** Appends one line and returns when it is on the disk; a torn end is cut off first. */
export async function appendEvent(
  store: string,
  event: CatalogEvent,
  log: Pick<Log, 'bytes' | 'torn'> | null,
): Promise<Result<null>> {
  const file = join(store, LOG_FILE)
  try {
    const handle = await open(file, log ? 'r+' : 'wx')
    try {
      const at = log?.bytes.length ?? 0
      if (log?.torn) await handle.truncate(at)
      const line = Buffer.from(`${lineOf(event)}\n`, 'utf8')
      const { bytesWritten } = await handle.write(line, 0, line.length, at)
      await handle.sync()
      if (bytesWritten < line.length)
        return faulty(catalogFault('catalog-unwritten', { file: LOG_FILE, error: 'ENOSPC' }, { file }))
    } finally {
      await handle.close()
    }
    if (!log) await syncDirectory(store)
    return ok(null)
  } catch (e) {
    return faulty(catalogFault('catalog-unwritten', { file: LOG_FILE, error: errorCode(e) }, { file }))
  }
}

/** Makes created and renamed names in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
