import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '../../suites/canonical.ts'
import { faulty, ok, type Fault, type Result } from '../../suites/fault.ts'
import { bilingual, bool, int, list, obj, oneOf, opt, sha256Hex, text, type Static } from '../../suites/schema.ts'
import { readYaml } from '../../profiles/yaml-file.ts'
import { certificatesIn, readCertificate, type Certificate } from '../certificates.ts'
import { catalogFault, refuse } from './fault.ts'

/** `catalog.yaml` of a store: whose catalog this is, and what it accepts. */
export const settingsSchema = obj({
  camseal: oneOf('catalog-store/1'),
  name: bilingual(),
  /** A demo store trusts only DEMO signers and says DEMO everywhere (rule 10). */
  demo: bool(),
  /** Where to ask and to object. */
  contact: opt(text()),
  regulations: list(
    obj({
      id: text(),
      edition: text(),
      /** SHA-256 of the canonical regulation file; without it any file of that id and edition is accepted. */
      digest: opt(sha256Hex()),
      /** Days for which entries outlive the last day of the regulation itself. */
      graceDays: opt(int(0, 366)),
    }),
  ),
  /** How long an entry stands, in whole months. */
  validityMonths: int(1, 120),
  /** Suite digests accepted; without it every released suite. */
  suites: opt(list(sha256Hex())),
  /** Reports of runs that ended earlier than this are refused. */
  reportMaxAgeDays: opt(int(1, 3660)),
})
export type Settings = Static<typeof settingsSchema>

export const SETTINGS_FILE = 'catalog.yaml'
export const REGISTRARS = 'registrars'

/** What one event was decided under. */
export const settingsDigest = (settings: Settings): string => digestOf(settings)

/** Reads and checks `catalog.yaml`; every fault at once, with its line. */
export function readSettings(store: string): Result<Settings> {
  const file = join(store, SETTINGS_FILE)
  if (!existsSync(file)) return refuse('store-missing', { store })
  const read = readYaml(file, settingsSchema)
  if (!read.ok) return read
  const settings = read.value.value
  const faults = settings.regulations.flatMap((r, i): Fault[] => {
    if (settings.regulations.findIndex((o) => o.id === r.id && o.edition === r.edition) === i) return []
    const line = read.value.lineOf(`/regulations/${i}`)
    return [
      catalogFault(
        'regulation-doubled',
        { regulation: `${r.id} ${r.edition}` },
        { file, field: `/regulations/${i}`, ...(line ? { line } : {}) },
      ),
    ]
  })
  return faults.length > 0 ? faulty(...faults) : ok(settings)
}

/** The pinned certificates of those who may write events: `registrars/*.pem`. Nothing else is trusted with the log. */
export function readRegistrars(store: string): Result<Certificate[]> {
  const directory = join(store, REGISTRARS)
  const files = existsSync(directory)
    ? readdirSync(directory)
        .filter((f) => f.endsWith('.pem'))
        .sort()
    : []
  const faults: Fault[] = []
  const found = files.flatMap((name) => {
    const certificates = certificatesIn(readFileSync(join(directory, name))).map(readCertificate)
    const readable = certificates.filter((c) => c !== undefined)
    if (readable.length !== certificates.length || readable.length === 0)
      faults.push(catalogFault('registrar-unreadable', { name }, { file: join(directory, name) }))
    return readable
  })
  if (faults.length > 0) return faulty(...faults)
  return found.length > 0 ? ok(found) : refuse('registrar-none', { directory })
}

/** A certificate in PEM (RFC 7468). */
export const pemOf = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der)
    .toString('base64')
    .replace(/(.{64})(?=.)/g, '$1\n')}\n-----END CERTIFICATE-----\n`
