import { join } from 'node:path'
import type { Command } from 'commander'
import type { Result } from '../../suites/fault.ts'
import { loadSigner } from '../keys.ts'
import { t } from '../locales/index.ts'
import { loadTrust } from '../trust.ts'
import { EXIT, languageOf } from '../verbs/terminal.ts'
import { admit, turn, type Admission, type Writing } from './actions.ts'
import { answer } from './answer.ts'
import { dateOf, isDate } from './dates.ts'
import type { Registrar } from './events.ts'
import { catalogFault, refuse } from './fault.ts'
import { DEMO_KEY, TRUST } from './init.ts'
import { addInit } from './cli-init.ts'
import { endWith, passphraseOf, type Common, type KeyOptions } from './cli-options.ts'
import { publish } from './publish.ts'
import { readSettings } from './settings.ts'
import { openStore, registrarOf, type Store } from './store.ts'
import { printAdmission, printAnswer, printChecked, printList, say } from './terminal.ts'
import type { Verification } from './verification.ts'

/** Verifies a bundle against the trust store in a directory. */
export type Verifier = (bundle: string, trustDirectory: string) => Promise<Verification>

const CODES =
  '\nExit codes: 0 done or approved, 1 not admitted or not approved, 3 bad input, 5 seal or log broken, 6 signer not trusted, 7 verdicts differ, 8 suite not installed'
const help = (...examples: string[]): string =>
  `\nExamples:\n${examples.map((e) => `  camseal catalog ${e}`).join('\n')}\n${CODES}`

const nowMicros = (): number => Date.now() * 1000

/** The catalog's verbs. `end` receives the exit code. */
export function registerCatalog(program: Command, end: (code: number) => void, verifier: Verifier): void {
  const language = languageOf(undefined)
  const catalog = program.command('catalog').description(t(language, 'catalog', 'cli.about'))
  const verb = (usage: string, key: string): Command =>
    catalog
      .command(usage)
      .description(t(language, 'catalog', `cli.${key}`))
      .requiredOption('--store <dir>', t(language, 'catalog', 'cli.option-store'))
      .option('--json', t(language, 'catalog', 'cli.option-json'))
      .option('--lang <language>', 'en | vi')
  const withKey = (command: Command): Command =>
    command
      .option('--key <file>', t(language, 'catalog', 'cli.option-key'))
      .option('--certificate <file>', t(language, 'catalog', 'cli.option-certificate'))
      .option('--passphrase-env <name>', t(language, 'catalog', 'cli.option-passphrase-env'))
      .option('--passphrase-file <file>', t(language, 'catalog', 'cli.option-passphrase-file'))

  addInit(withKey(verb('init', 'about-init')), end, help)
  withKey(verb('admit <report>', 'about-admit'))
    .option('--regulation <id>', t(language, 'catalog', 'cli.option-regulation'))
    .addHelpText(
      'after',
      help(
        'admit report.asice --store catalog --key registrar.pem',
        'admit out/report.asice --store demo-catalog --json',
      ),
    )
    .action(async (report: string, options: Common & KeyOptions & { regulation?: string }) =>
      end(await runAdmit(report, options, verifier)),
    )
  verb('list', 'about-list')
    .option('--as-of <date>', t(language, 'catalog', 'cli.option-as-of'))
    .addHelpText('after', help('list --store catalog', 'list --store catalog --as-of 2027-01-01 --json'))
    .action(async (options: Common & { asOf?: string }) => end(await runList(options)))
  verb('check', 'about-check')
    .requiredOption('--vendor <name>', t(language, 'catalog', 'cli.option-vendor'))
    .requiredOption('--model <name>', t(language, 'catalog', 'cli.option-model'))
    .requiredOption('--firmware <version>', t(language, 'catalog', 'cli.option-firmware'))
    .option('--hardware <revision>', t(language, 'catalog', 'cli.option-hardware'))
    .option('--as-of <date>', t(language, 'catalog', 'cli.option-as-of'))
    .addHelpText('after', help('check --store catalog --vendor HongHa --model HH-C210 --firmware 2.4.1'))
    .action(async (options: CheckOptions) => end(await runCheck(options)))
  for (const [name, is] of [
    ['suspend', 'suspended'],
    ['withdraw', 'withdrawn'],
    ['reinstate', 'reinstated'],
  ] as const)
    withKey(verb(`${name} <entry>`, `about-${name}`))
      .requiredOption('--reason <text>', t(language, 'catalog', 'cli.option-reason'))
      .addHelpText('after', help(`${name} 2026-0001 --store catalog --key registrar.pem --reason "…"`))
      .action(async (entry: string, options: Common & KeyOptions & { reason: string }) =>
        end(await runTurn(entry, is, options)),
      )
  verb('publish <dir>', 'about-publish')
    .option('--as-of <date>', t(language, 'catalog', 'cli.option-as-of'))
    .addHelpText('after', help('publish site --store catalog', 'publish site --store catalog --as-of 2027-01-01'))
    .action(async (directory: string, options: Common & { asOf?: string }) => end(await runPublish(directory, options)))
}

async function registrarFor(options: Common & KeyOptions): Promise<Result<Registrar>> {
  const settings = readSettings(options.store)
  if (!settings.ok) return settings
  if (options.key === undefined && !settings.value.demo) return refuse('registrar-key')
  const loaded = await loadSigner({
    key: options.key ?? join(options.store, DEMO_KEY),
    ...(options.certificate === undefined ? {} : { certificate: options.certificate }),
    passphrase: passphraseOf(options),
  })
  return 'faults' in loaded ? { ok: false, faults: loaded.faults } : registrarOf(loaded.signer)
}

async function writingOf(options: Common & KeyOptions): Promise<Result<Writing>> {
  const registrar = await registrarFor(options)
  return registrar.ok
    ? { ok: true, value: { store: options.store, registrar: registrar.value, now: nowMicros } }
    : registrar
}

async function runAdmit(
  report: string,
  options: Common & KeyOptions & { regulation?: string },
  verifier: Verifier,
): Promise<number> {
  const language = languageOf(options.lang)
  const json = options.json ?? false
  const writing = await writingOf(options)
  if (!writing.ok) return endWith(writing.faults, language, json)
  const directory = join(options.store, TRUST)
  const trust = await loadTrust(directory)
  if ('faults' in trust)
    return endWith(
      trust.faults.map((f) => ({ ...f, file: join(directory, 'trust.yaml') })),
      language,
      json,
    )
  const result = await admit(writing.value, report, (bundle) => verifier(bundle, directory), options.regulation)
  if (!result.ok) return endWith(result.faults, language, json)
  const code = admissionCode(result.value)
  printAdmission(result.value, language, json, code)
  return code
}

/** The worst of what keeps a report out: seal, signer, verdicts, suite; else that it is not admitted. */
export function admissionCode(admission: Admission): number {
  if (admission.admitted) return 0
  const { seal, signer, verdicts } = admission.verification
  if (!seal.ok) return EXIT.sealBroken
  if (!signer.ok) return EXIT.notTrusted
  if (verdicts.state === 'different') return EXIT.verdictsDiffer
  return verdicts.state === 'not-attempted' && verdicts.why?.code === 'needs-suite'
    ? EXIT.suiteMissing
    : EXIT.doesNotConform
}

interface Dated {
  store: Store
  asOf: string
}

/** Opens a store for a day: the one given, else today in Viet Nam. */
async function openOn(options: Common & { asOf?: string }): Promise<Result<Dated>> {
  const asOf = options.asOf ?? dateOf(nowMicros())
  if (!isDate(asOf)) return { ok: false, faults: [catalogFault('date-wrong', { date: asOf }, { field: '--as-of' })] }
  const store = await openStore(options.store)
  return store.ok ? { ok: true, value: { store: store.value, asOf } } : store
}

async function runList(options: Common & { asOf?: string }): Promise<number> {
  const language = languageOf(options.lang)
  const opened = await openOn(options)
  if (!opened.ok) return endWith(opened.faults, language, options.json ?? false)
  printList(opened.value.store, opened.value.asOf, language, options.json ?? false)
  return 0
}

interface CheckOptions extends Common {
  vendor: string
  model: string
  firmware: string
  hardware?: string
  asOf?: string
}

async function runCheck(options: CheckOptions): Promise<number> {
  const language = languageOf(options.lang)
  const opened = await openOn(options)
  if (!opened.ok) return endWith(opened.faults, language, options.json ?? false)
  const { store, asOf } = opened.value
  const given = answer(store.state, options, asOf)
  printAnswer(given, store, language, options.json ?? false)
  return given.answer === 'approved' ? 0 : EXIT.doesNotConform
}

async function runTurn(
  entry: string,
  is: 'suspended' | 'withdrawn' | 'reinstated',
  options: Common & KeyOptions & { reason: string },
): Promise<number> {
  const language = languageOf(options.lang)
  const json = options.json ?? false
  const writing = await writingOf(options)
  if (!writing.ok) return endWith(writing.faults, language, json)
  const result = await turn(writing.value, entry, is, options.reason)
  if (!result.ok) return endWith(result.faults, language, json)
  if (json)
    console.log(JSON.stringify({ entry, turn: is, event: result.value.event.number, repaired: result.value.repaired }))
  else {
    if (result.value.repaired) say(language, 'repaired', { bytes: result.value.repaired.bytes })
    say(language, 'turned', { entry, turn: t(language, 'catalog', `turn.${is}`) })
  }
  return 0
}

async function runPublish(directory: string, options: Common & { asOf?: string }): Promise<number> {
  const language = languageOf(options.lang)
  const json = options.json ?? false
  const opened = await openOn(options)
  if (!opened.ok) return endWith(opened.faults, language, json)
  const { store, asOf } = opened.value
  const result = await publish(store, directory, asOf)
  if (!result.ok) return endWith(result.faults, language, json)
  if (json) console.log(JSON.stringify({ directory, asOf, ...result.value }))
  else {
    printChecked(store, language)
    say(language, 'published', { entries: result.value.entries, date: asOf, directory })
  }
  return 0
}
