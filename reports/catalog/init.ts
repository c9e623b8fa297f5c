import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { dirname, join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { digestOf } from '../../suites/canonical.ts'
import { faulty, type Result } from '../../suites/fault.ts'
import type { Regulation } from '../../suites/regulation.ts'
import { makeDemoKey } from '../demo-key.ts'
import { loadSigner, type Signer } from '../keys.ts'
import { readCertificate } from '../certificates.ts'
import { errorCode } from '../seal-fault.ts'
import { catalogFault, refuse } from './fault.ts'
import { subjectOf, syncDirectory } from './log.ts'
import { REGISTRARS, SETTINGS_FILE, pemOf, type Settings } from './settings.ts'
import { openStore, registrarFault, registrarOf, write, type Store } from './store.ts'

/** The DEMO registrar's key of a demo store, kept in it: nobody may trust it anyway. */
export const DEMO_KEY = join('keys', 'registrar.key.pem')
export const TRUST = 'trust'

export interface InitOptions {
  path: string
  name: { en: string; vi: string }
  demo: boolean
  regulations: readonly Regulation[]
  /** Default 36. */
  validityMonths?: number
  contact?: string
  /** Signs the first event and is pinned; a demo store without one gets a DEMO key of its own. */
  signer?: Signer
  /** Certificates (DER) of the laboratories that are trusted, as long as each is valid. */
  trusted?: readonly Uint8Array[]
  /** Microseconds since the epoch. */
  now: number
}

/** Makes a store: settings, pinned registrar, trust directory and the first event. Appears whole or not at all. */
export async function initStore(options: InitOptions): Promise<Result<Store>> {
  const path = resolve(options.path)
  if ((await readdir(path).catch(() => [])).length > 0) return refuse('store-exists', { store: options.path })
  const draft = `${path}.new-${randomBytes(4).toString('hex')}`
  try {
    const settings = settingsOf(options)
    for (const folder of ['', REGISTRARS, 'reports', TRUST]) await mkdir(join(draft, folder), { recursive: true })
    const signer = await signerFor(options, draft)
    if (!signer.ok) return signer
    const registrar = registrarOf(signer.value)
    const certificate = signer.value.certificates[0] && readCertificate(signer.value.certificates[0])
    if (!registrar.ok || !certificate) return refuse('registrar-key')
    const allowed = registrarFault(registrar.value, options.demo, [certificate])
    if (!allowed.ok) return allowed
    await writeFile(join(draft, REGISTRARS, 'registrar.pem'), pemOf(certificate.der))
    await writeFile(
      join(draft, SETTINGS_FILE),
      stringify(settings, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' }),
    )
    await writeTrust(join(draft, TRUST), options)
    const opened = await write(
      { path: draft, settings, registrars: [certificate], log: null },
      { is: 'opened', name: options.name },
      registrar.value,
      options.now,
    )
    if (!opened.ok) return opened
    await mkdir(dirname(path), { recursive: true })
    await rm(path, { recursive: true, force: true })
    await rename(draft, path)
    await syncDirectory(dirname(path))
    return await openStore(path)
  } catch (e) {
    return faulty(catalogFault('catalog-unwritten', { file: options.path, error: errorCode(e) }))
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

const settingsOf = ({ name, demo, contact, regulations, validityMonths }: InitOptions): Settings => ({
  camseal: 'catalog-store/1',
  name,
  demo,
  ...(contact ? { contact } : {}),
  regulations: regulations.map((r) => ({ id: r.id, edition: r.edition, digest: digestOf(r), graceDays: 42 })),
  validityMonths: validityMonths ?? 36,
})

async function signerFor({ signer, demo, now }: InitOptions, draft: string): Promise<Result<Signer>> {
  if (signer) return { ok: true, value: signer }
  if (!demo) return refuse('registrar-key')
  const { key, certificate } = await makeDemoKey({ from: now - 60_000_000, days: 3650 })
  await mkdir(join(draft, 'keys'), { recursive: true, mode: 0o700 })
  await writeFile(join(draft, DEMO_KEY), `${key}${certificate}`, { mode: 0o600 })
  const loaded = await loadSigner({ key: join(draft, DEMO_KEY) })
  return 'faults' in loaded ? faulty(...loaded.faults) : { ok: true, value: loaded.signer }
}

/** `trust.yaml` and the certificates it names; the registrar adds laboratories to it by hand. */
async function writeTrust(directory: string, { demo, trusted = [] }: InitOptions): Promise<void> {
  const day = (micros: number) => new Date(micros / 1000).toISOString().slice(0, 10)
  const signers = await Promise.all(
    trusted.map(async (der, i) => {
      const file = `signer-${i + 1}.pem`
      await writeFile(join(directory, file), pemOf(der))
      const certificate = readCertificate(der)
      const name = certificate ? subjectOf(certificate) : file
      return { name, certificate: file, from: day(certificate?.from ?? 0), until: day(certificate?.until ?? 0) }
    }),
  )
  const yaml = stringify(
    { camseal: 'trust/1', demo, signers },
    { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' },
  )
  await writeFile(join(directory, 'trust.yaml'), yaml)
}
