import { createHash, randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createReadStream } from 'node:fs'
import { faulty, ok, type Result } from '../../suites/fault.ts'
import type { Message } from '../../suites/observation.ts'
import { errorCode } from '../seal-fault.ts'
import { decide, type Decision } from './admission.ts'
import { dateOf } from './dates.ts'
import { entryOf, nextId } from './entry.ts'
import type { CatalogEvent, Entry, Registrar } from './events.ts'
import { catalogFault, refuse } from './fault.ts'
import { withLock } from './lock.ts'
import { syncDirectory, type Log } from './log.ts'
import { readable } from './names.ts'
import { openStore, registrarFault, write, type Store } from './store.ts'
import { mayTurn } from './state.ts'
import type { Verification, Verify } from './verification.ts'

export interface Writing {
  store: string
  registrar: Registrar
  /** Microseconds since the epoch. */
  now: () => number
  /** How long to wait for another writer; default 20 s. */
  waitMs?: number
}

export type Admission = { event: CatalogEvent; notes: Message[]; repaired: Log['torn']; verification: Verification } & (
  { admitted: true; entry: Entry } | { admitted: false; reasons: Message[] }
)

/**
 * Admits a report, or refuses it with every reason. What is verified is the store's own copy, so that nobody can exchange
 * the file in between; verifying goes on outside the lock, deciding inside.
 */
export async function admit(
  w: Writing,
  report: string,
  verify: Verify,
  regulation?: string,
): Promise<Result<Admission>> {
  const store = await openStore(w.store)
  if (!store.ok) return store
  const allowed = registrarFault(w.registrar, store.value.settings.demo, store.value.registrars)
  if (!allowed.ok) return allowed
  const copy = await copyIn(w.store, report)
  if (!copy.ok) return copy
  try {
    const verification = await verify(copy.value.file)
    return await withLock(w.store, () => decideAndWrite(w, copy.value, verification, regulation), w.waitMs)
  } finally {
    await rm(copy.value.file, { force: true })
  }
}

async function decideAndWrite(
  w: Writing,
  copy: { file: string; digest: string },
  verification: Verification,
  regulation: string | undefined,
): Promise<Result<Admission>> {
  const opened = await openStore(w.store)
  if (!opened.ok) return opened
  const store = opened.value
  const at = w.now()
  const { standings } = store.state
  const decision = decide({
    verification,
    digest: copy.digest,
    settings: store.settings,
    standings,
    at,
    ...(regulation === undefined ? {} : { regulation }),
  })
  const entry = entryFor(decision, store, verification, copy.digest, at)
  const common = { repaired: store.log.torn, verification }
  if (!entry) {
    const { reasons } = decision
    const written = await write(store, { is: 'refused', report: copy.digest, reasons }, w.registrar, at)
    return written.ok
      ? ok({ ...common, admitted: false, reasons, notes: decision.notes, event: written.value.event })
      : written
  }
  try {
    await rename(copy.file, reportFile(w.store, copy.digest))
    await syncDirectory(join(w.store, 'reports'))
  } catch (e) {
    return refuse('catalog-unwritten', { file: copy.digest, error: errorCode(e) })
  }
  const written = await write(store, { is: 'admitted', entry, notes: decision.notes }, w.registrar, at)
  return written.ok
    ? ok({ ...common, admitted: true, entry, notes: decision.notes, event: written.value.event })
    : written
}

function entryFor(
  { reasons, candidate }: Decision,
  store: Store,
  v: Verification,
  digest: string,
  at: number,
): Entry | null {
  if (reasons.length > 0 || !candidate) return null
  const { settings, state } = store
  const id = nextId(state.standings, dateOf(at).slice(0, 4), settings.demo)
  return entryOf(candidate, { id, digest, manifest: v.manifest, signer: v.signer.name ?? '-', at, settings })
}

/** Where the store keeps the admitted file. */
export const reportFile = (store: string, digest: string): string => join(store, 'reports', `${digest}.asice`)

async function copyIn(store: string, report: string): Promise<Result<{ file: string; digest: string }>> {
  const file = join(store, 'reports', `.incoming-${randomBytes(8).toString('hex')}`)
  const hash = createHash('sha256')
  try {
    const handle = await open(file, 'wx')
    try {
      await pipeline(createReadStream(report), async function (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk)
          await handle.writeFile(chunk)
        }
      })
      await handle.sync()
    } finally {
      await handle.close()
    }
    return ok({ file, digest: hash.digest('hex') })
  } catch (e) {
    await rm(file, { force: true })
    return faulty(catalogFault('report-unreadable', { error: errorCode(e) }, { file: report }))
  }
}

export interface Turned {
  event: CatalogEvent
  entry: Entry
  repaired: Log['torn']
}

/** Suspends, withdraws for good, or reinstates what was suspended; always with a reason that will be published. */
export async function turn(
  w: Writing,
  id: string,
  is: 'suspended' | 'withdrawn' | 'reinstated',
  why: string,
): Promise<Result<Turned>> {
  if (!readable(why, 1000)) return refuse('reason-unreadable')
  return withLock(
    w.store,
    async () => {
      const opened = await openStore(w.store)
      if (!opened.ok) return opened
      const { settings, registrars, state, log } = opened.value
      const allowed = registrarFault(w.registrar, settings.demo, registrars)
      if (!allowed.ok) return allowed
      const standing = state.standings.find((s) => s.entry.id === id)
      if (!standing) return refuse('entry-unknown', { entry: id })
      const { entry, decided } = standing
      if (!mayTurn(decided, is))
        return refuse(
          decided === 'withdrawn'
            ? 'entry-withdrawn'
            : is === 'reinstated'
              ? 'entry-not-suspended'
              : 'entry-not-approved',
          { entry: id },
        )
      const written = await write(opened.value, { is, id, report: entry.report.digest, why }, w.registrar, w.now())
      return written.ok ? ok({ event: written.value.event, entry, repaired: log.torn }) : written
    },
    w.waitMs,
  )
}
