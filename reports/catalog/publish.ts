import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pipeline } from 'node:stream/promises'
import { byCodeUnit, canonical } from '../../suites/canonical.ts'
import { faulty, ok, type Fault, type Result } from '../../suites/fault.ts'
import { LANGUAGES } from '../locales/index.ts'
import { errorCode } from '../seal-fault.ts'
import { reportFile } from './actions.ts'
import { tableOf } from './csv.ts'
import { catalogSchema, dataOf } from './data.ts'
import { dateOf, isDate } from './dates.ts'
import { catalogFault, refuse } from './fault.ts'
import { LOG_FILE, syncDirectory } from './log.ts'
import { pemOf } from './settings.ts'
import { aboutPage } from './site/about-page.ts'
import { entryPage, entryPath } from './site/entry-page.ts'
import { approvedPage, endedPage } from './site/list-page.ts'
import { pathOf, type Site } from './site/page.ts'
import { statusOn } from './state.ts'
import type { Store } from './store.ts'

const here = fileURLToPath(new URL('./site/', import.meta.url))
const ASSETS = ['catalog.css', 'catalog.js', 'catalog.svg']

/**
 * Publishes the catalog as files for any web server: pages in both languages, data, and the log itself. The same events and
 * the same day give the same bytes. Written beside the directory and exchanged with it.
 */
export async function publish(
  store: Store,
  directory: string,
  asOf: string,
): Promise<Result<{ files: number; entries: number }>> {
  const last = dateOf(store.state.head.at)
  if (!isDate(asOf)) return refuse('date-wrong', { date: asOf })
  if (asOf < last) return refuse('date-before-last-event', { date: asOf, last })
  const copies = await copyFaults(store)
  if (copies.length > 0) return faulty(...copies)
  const target = resolve(directory)
  const before = await replaceable(target, store.log.bytes)
  if (!before.ok) return before
  const files = await filesOf(store, asOf)
  const draft = join(dirname(target), `.catalog-new-${randomBytes(6).toString('hex')}`)
  try {
    for (const [name, content] of files) {
      await mkdir(dirname(join(draft, name)), { recursive: true })
      await writeFile(join(draft, name), content)
    }
    await exchange(draft, target)
    return ok({ files: files.size, entries: store.state.standings.length })
  } catch (e) {
    return refuse('catalog-unwritten', { file: directory, error: errorCode(e) })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** Every file of the site by its path. */
export async function filesOf(store: Store, asOf: string): Promise<Map<string, string | Uint8Array>> {
  const site = siteOf(store, asOf)
  const files = new Map<string, string | Uint8Array>()
  for (const language of LANGUAGES) {
    const add = (path: string, content: string) => files.set(pathOf(language, path), content)
    add('index.html', approvedPage(site, language))
    add('ended.html', endedPage(site, language))
    add('about.html', aboutPage(site, language))
    for (const listing of site.listings) add(entryPath(listing.standing.entry), entryPage(site, listing, language))
    add(
      'catalog.csv',
      tableOf(
        site,
        site.listings.filter((l) => l.status === 'approved'),
        language,
      ),
    )
    add(
      'ended.csv',
      tableOf(
        site,
        site.listings.filter((l) => l.status !== 'approved'),
        language,
      ),
    )
  }
  files.set('catalog.json', `${canonical(dataOf(site))}\n`)
  files.set('catalog.schema.json', `${JSON.stringify(catalogSchema, null, 2)}\n`)
  files.set(LOG_FILE, store.log.bytes)
  files.set('registrars.pem', store.registrars.map((r) => pemOf(r.der)).join(''))
  for (const asset of ASSETS) files.set(asset, await readFile(join(here, asset)))
  return files
}

/** Newest admissions first. */
function siteOf({ settings, state }: Store, asOf: string): Site {
  const listings = state.standings.map((standing) => ({ standing, status: statusOn(standing, asOf) }))
  listings.sort(
    (a, b) =>
      byCodeUnit(b.standing.entry.validFrom, a.standing.entry.validFrom) ||
      byCodeUnit(b.standing.entry.id, a.standing.entry.id),
  )
  return { settings, state, asOf, listings }
}

/** The store still holds every admitted report, unchanged. */
async function copyFaults({ path, state }: Store): Promise<Fault[]> {
  const faults: Fault[] = []
  for (const { entry } of state.standings) {
    const file = reportFile(path, entry.report.digest)
    const hash = createHash('sha256')
    try {
      await pipeline(createReadStream(file), hash)
      if (hash.digest('hex') !== entry.report.digest)
        faults.push(catalogFault('copy-changed', { entry: entry.id }, { file }))
    } catch {
      faults.push(catalogFault('copy-missing', { entry: entry.id }, { file }))
    }
  }
  return faults
}

/** A directory is replaced when it is empty or holds an earlier state of this very log; nothing else is ever removed. */
async function replaceable(target: string, log: Uint8Array): Promise<Result<null>> {
  let names: string[]
  try {
    names = await readdir(target)
  } catch (e) {
    return errorCode(e) === 'ENOENT' ? ok(null) : refuse('directory-foreign', { directory: target })
  }
  if (names.length === 0) return ok(null)
  if (!names.includes(LOG_FILE) || !names.includes('catalog.json') || names.some((n) => n.startsWith('.')))
    return refuse('directory-foreign', { directory: target })
  const published = await readFile(join(target, LOG_FILE))
  return Buffer.compare(published, log.subarray(0, published.length)) === 0
    ? ok(null)
    : refuse('history-differs', { directory: target })
}

/** Two renames; when the second fails the first is taken back. */
async function exchange(draft: string, target: string): Promise<void> {
  const old = join(dirname(target), `.catalog-old-${randomBytes(6).toString('hex')}`)
  const present = await rename(target, old).then(
    () => true,
    (e: NodeJS.ErrnoException) => {
      if (e.code === 'ENOENT') return false
      throw e
    },
  )
  try {
    await rename(draft, target)
  } catch (e) {
    if (present) await rename(old, target)
    throw e
  }
  await syncDirectory(dirname(target))
  await rm(old, { recursive: true, force: true })
}
