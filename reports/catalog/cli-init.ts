import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { faulty, type Fault, type Result } from '../../suites/fault.ts'
import { regulationSchema, type Regulation } from '../../suites/regulation.ts'
import { regulationIds } from '../../profiles/regulation-file.ts'
import { readYaml } from '../../profiles/yaml-file.ts'
import { certificatesIn } from '../certificates.ts'
import { loadSigner, type Signer } from '../keys.ts'
import { t } from '../locales/index.ts'
import { errorCode } from '../seal-fault.ts'
import { languageOf } from '../verbs/terminal.ts'
import { endWith, passphraseOf, type Common, type KeyOptions } from './cli-options.ts'
import { catalogFault } from './fault.ts'
import { TRUST, initStore } from './init.ts'
import { readable } from './names.ts'
import { say } from './terminal.ts'

interface InitFlags extends Common, KeyOptions {
  demo?: boolean
  name?: string
  nameVi?: string
  contact?: string
  regulation?: string[]
  months: string
  trust?: string[]
}

const NAMES = {
  demo: { en: 'Demonstration catalog of cameras', vi: 'Danh mục camera trình diễn' },
  plain: { en: 'Catalog of approved cameras', vi: 'Danh mục camera được chấp thuận' },
}

/** `catalog init`: a new store. */
export function addInit(command: Command, end: (code: number) => void, help: (...examples: string[]) => string): void {
  const option = (key: string) => t(languageOf(undefined), 'catalog', `cli.option-${key}`)
  command
    .option('--demo', option('demo'))
    .option('--name <text>', option('name'))
    .option('--name-vi <text>', option('name-vi'))
    .option('--contact <text>', option('contact'))
    .option('--regulation <id...>', option('regulations'))
    .option('--months <number>', option('months'), '36')
    .option('--trust <file...>', option('trust'))
    .addHelpText(
      'after',
      help(
        'init --store demo-catalog --demo --regulation camseal-core --trust bench.pem',
        'init --store catalog --key registrar.key.pem --certificate registrar.pem --name "Register" --regulation camseal-core',
      ),
    )
    .action(async (options: InitFlags) => end(await runInit(options)))
}

async function runInit(options: InitFlags): Promise<number> {
  const language = languageOf(options.lang)
  const json = options.json ?? false
  const demo = options.demo ?? false
  const faults: Fault[] = []
  const take = <T>(result: Result<T>): T | null => {
    if (!result.ok) faults.push(...result.faults)
    return result.ok ? result.value : null
  }
  const months = Number(options.months)
  if (!Number.isInteger(months) || months < 1 || months > 120)
    faults.push(catalogFault('months-wrong', { months: options.months }, { field: '--months' }))
  for (const [field, text] of [
    ['--name', options.name],
    ['--name-vi', options.nameVi],
    ['--contact', options.contact],
  ] as const)
    if (text !== undefined && !readable(text)) faults.push(catalogFault('text-unreadable', {}, { field }))
  const wanted = options.regulation ?? (demo ? ['camseal-core'] : [])
  if (wanted.length === 0)
    faults.push(catalogFault('regulation-needed', { known: regulationIds().join(', ') }, { field: '--regulation' }))
  const regulations = wanted.flatMap((id): Regulation[] => {
    const regulation = take(regulationAt(id))
    return regulation ? [regulation] : []
  })
  const trusted = (options.trust ?? []).flatMap((file) => take(certificatesOf(file)) ?? [])
  const signer = options.key === undefined && demo ? null : take(await signerOf(options))
  if (faults.length > 0) return endWith(faults, language, json)
  const names = NAMES[demo ? 'demo' : 'plain']
  const store = await initStore({
    path: options.store,
    demo,
    regulations,
    validityMonths: months,
    trusted,
    now: Date.now() * 1000,
    name: { en: options.name ?? names.en, vi: options.nameVi ?? options.name ?? names.vi },
    ...(options.contact === undefined ? {} : { contact: options.contact }),
    ...(signer ? { signer } : {}),
  })
  if (!store.ok) return endWith(store.faults, language, json)
  if (json) console.log(JSON.stringify({ store: options.store, demo, head: store.value.state.head }))
  else {
    say(language, demo ? 'opened-demo' : 'opened', { store: options.store })
    if (trusted.length === 0) say(language, 'trust-next', { file: join(options.store, TRUST, 'trust.yaml') })
  }
  return 0
}

/** A regulation of this version by id, or any other by file. Whether its criteria exist here does not matter to a catalog. */
function regulationAt(idOrFile: string): Result<Regulation> {
  const known = regulationIds()
  const directory = fileURLToPath(new URL('../../profiles/regulations/', import.meta.url))
  const path = known.includes(idOrFile) ? join(directory, `${idOrFile}.yaml`) : idOrFile
  if (!existsSync(path))
    return faulty(
      catalogFault('regulation-unknown', { regulation: idOrFile, known: known.join(', ') }, { field: '--regulation' }),
    )
  const read = readYaml(path, regulationSchema)
  return read.ok ? { ok: true, value: read.value.value } : read
}

function certificatesOf(file: string): Result<Uint8Array[]> {
  try {
    const found = certificatesIn(readFileSync(file))
    return found.length > 0 ? { ok: true, value: found } : faulty(catalogFault('no-certificate-in-file', {}, { file }))
  } catch (e) {
    return faulty(catalogFault('certificate-file-unreadable', { error: errorCode(e) }, { file }))
  }
}

async function signerOf(options: KeyOptions): Promise<Result<Signer>> {
  if (options.key === undefined) return faulty(catalogFault('registrar-key', {}, { field: '--key' }))
  const loaded = await loadSigner({
    key: options.key,
    ...(options.certificate === undefined ? {} : { certificate: options.certificate }),
    passphrase: passphraseOf(options),
  })
  return 'faults' in loaded ? faulty(...loaded.faults) : { ok: true, value: loaded.signer }
}
