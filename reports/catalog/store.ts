import { digestOfBytes } from '../../suites/canonical.ts'
import { faulty, ok, type Result } from '../../suites/fault.ts'
import { checkValue } from '../../profiles/yaml-file.ts'
import { signCades } from '../cades.ts'
import { readCertificate, type Certificate } from '../certificates.ts'
import type { Signer } from '../keys.ts'
import { eventSchema, lineOf, signedBytes, type CatalogEvent, type Deed, type Registrar } from './events.ts'
import { refuse } from './fault.ts'
import { appendEvent, readLog, signatureFaults, subjectOf, type Log, type LoggedEvent } from './log.ts'
import { readRegistrars, readSettings, settingsDigest, type Settings } from './settings.ts'
import { stateOf, type CatalogState } from './state.ts'

/** A store as it was read: settings, pinned registrars, and the log with what follows from it. */
export interface Store {
  path: string
  settings: Settings
  registrars: Certificate[]
  log: Log
  state: CatalogState
}

/** Opens a store for reading: the chain and every signature are checked each time. */
export async function openStore(path: string): Promise<Result<Store>> {
  const settings = readSettings(path)
  if (!settings.ok) return settings
  const registrars = readRegistrars(path)
  if (!registrars.ok) return registrars
  const log = await readLog(path, registrars.value)
  if (!log.ok) return log
  const state = stateOf(log.value.events)
  if (!state.ok) return state
  if (state.value.demo !== settings.value.demo) return refuse('event-demo', { number: 1 })
  return ok({ path, settings: settings.value, registrars: registrars.value, log: log.value, state: state.value })
}

/** A registrar over any signer: a key file here, a token elsewhere. */
export function registrarOf(signer: Signer): Result<Registrar> {
  const certificate = signer.certificates[0] && readCertificate(signer.certificates[0])
  if (!certificate) return refuse('registrar-key')
  return ok({
    subject: subjectOf(certificate),
    certificate: certificate.sha256,
    demo: signer.demo,
    sign: (content, at) => signCades(content, signer, { at }),
  })
}

/** A DEMO key writes in demo stores only, and only pinned registrars write (rule 10). */
export function registrarFault(registrar: Registrar, demo: boolean, registrars: readonly Certificate[]): Result<null> {
  if (registrar.demo && !demo) return refuse('registrar-demo')
  if (!registrar.demo && demo) return refuse('registrar-not-demo')
  return registrars.some((r) => r.sha256 === registrar.certificate)
    ? ok(null)
    : refuse('registrar-not-pinned', { subject: registrar.subject })
}

/**
 * Signs the next event and appends it. Only under the lock, to the log as it was read under the lock. An event that a
 * reader would not accept is not written: the store would be locked up by it.
 */
export async function write(
  before: Pick<Store, 'path' | 'settings' | 'registrars'> & { log: Log | null },
  deed: Deed,
  registrar: Registrar,
  at: number,
): Promise<Result<LoggedEvent>> {
  const { settings, log } = before
  const last = log?.events.at(-1)
  if (last && at < last.event.at) return refuse('event-time')
  const unsigned = {
    camseal: 'catalog-event/1' as const,
    number: (last?.event.number ?? 0) + 1,
    previous: last?.digest ?? null,
    at,
    by: { subject: registrar.subject, certificate: registrar.certificate },
    demo: settings.demo,
    settings: settingsDigest(settings),
    ...(log?.torn ? { repaired: log.torn } : {}),
    deed,
  }
  const signature = Buffer.from(await registrar.sign(signedBytes(unsigned), at)).toString('base64')
  const event: CatalogEvent = { ...unsigned, signature }
  const checked = checkValue(eventSchema, event)
  if (!checked.ok) return checked
  const faults = signatureFaults(event, before.registrars)
  if (faults.length > 0) return faulty(...faults)
  const logged = { event, digest: digestOfBytes(Buffer.from(lineOf(event), 'utf8')) }
  const after = stateOf([...(log?.events ?? []), logged])
  if (!after.ok) return after
  const written = await appendEvent(before.path, event, log)
  return written.ok ? ok(logged) : written
}
