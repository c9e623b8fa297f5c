import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { canonical } from '../../suites/canonical.ts'
import { faulty, ok, type Fault, type Result } from '../../suites/fault.ts'
import { conclude, type RunRecord } from '../conclude.ts'
import { discloseCopy } from '../disclose.ts'
import { loadSigner, type Signer } from '../keys.ts'
import { t } from '../locales/index.ts'
import { writeViews } from '../render.ts'
import { sealRun } from '../seal.ts'
import { EXIT, isUnread, languageOf, printFaults } from './terminal.ts'

export interface KeyOptions {
  key?: string
  certificate?: string
  passphraseEnv?: string
  passphraseFile?: string
}

/** The signer that the options name; null where no key is given (rule 10: never sign with a key nobody configured). */
export async function signerFrom(
  options: KeyOptions,
): Promise<{ signer: Signer | null } | { faults: { code: string; values: Record<string, string | number> }[] }> {
  if (options.key === undefined) return { signer: null }
  return loadSigner({
    key: options.key,
    ...(options.certificate !== undefined ? { certificate: options.certificate } : {}),
    passphrase: {
      ...(options.passphraseEnv !== undefined ? { env: options.passphraseEnv } : {}),
      ...(options.passphraseFile !== undefined ? { file: options.passphraseFile } : {}),
      prompt: process.stdin.isTTY === true && process.env.CI === undefined,
    },
  })
}

export const keyOptions = (command: Command): Command =>
  command
    .option('--key <file>', 'signing key: PEM PKCS#8 or PKCS#12 (RSA >= 3072, P-256, P-384)')
    .option('--certificate <file>', 'certificate chain, where the key file does not hold it')
    .option('--passphrase-env <name>', 'environment variable with the passphrase of the key')
    .option('--passphrase-file <file>', 'file with the passphrase of the key')

interface SealOptions extends KeyOptions {
  json?: boolean
  lang?: string
}

function runRecordOf(directory: string): Result<RunRecord> {
  const file = join(directory, 'run.json')
  if (!existsSync(file)) return faulty({ code: 'no-run', values: { path: directory } })
  try {
    return ok(JSON.parse(readFileSync(file, 'utf8')) as RunRecord)
  } catch {
    return faulty({ code: 'not-json', values: {}, file })
  }
}

async function seal(directory: string, options: SealOptions): Promise<number> {
  const language = languageOf(options.lang)
  const json = options.json ?? false
  const fail = (faults: readonly Fault[]) => {
    printFaults(language, faults, json)
    return EXIT.badInput
  }
  const loaded = await signerFrom(options)
  if ('faults' in loaded) return fail(loaded.faults)
  if (!loaded.signer) return fail([{ code: 'key-unnamed', values: {}, field: '--key' }])
  const record = runRecordOf(directory)
  if (!record.ok) return fail(record.faults)
  const concluded = await conclude(directory, record.value)
  if (!concluded.ok) return fail(concluded.faults)
  const reported = join(directory, 'report.json')
  if (!existsSync(reported) || readFileSync(reported, 'utf8') !== canonical(concluded.value.report))
    return fail([{ code: 'report-not-of-this-run', values: { path: directory } }])
  await writeViews(directory, concluded.value.recorded, language)
  const sealed = await sealRun(directory, loaded.signer)
  if ('faults' in sealed) return fail(sealed.faults)
  if (json) console.log(JSON.stringify({ sealed: sealed.path, digest: sealed.digest }))
  else console.log(t(language, 'cli', 'run.sealed', { file: sealed.path }))
  return 0
}

export function registerSeal(program: Command, end: (code: number) => void): void {
  keyOptions(program.command('seal <directory>').description(t(languageOf(undefined), 'cli', 'seal.about')))
    .option('--json', 'one JSON object')
    .option('--lang <language>', 'en or vi')
    .addHelpText(
      'after',
      '\nExamples:\n  camseal seal out --key lab.p12 --passphrase-env LAB_PASS\n  camseal seal out --key lab.key --certificate lab.crt\n\nExit codes: 0 sealed, 3 bad input',
    )
    .action(async (directory: string, options: SealOptions) => end(await seal(directory, options)))
  program
    .command('disclose <report>')
    .description(t(languageOf(undefined), 'cli', 'disclose.about'))
    .requiredOption('--to <class>', 'public or regulator: the highest class the copy keeps')
    .requiredOption('--out <file>', 'the copy')
    .option('--lang <language>', 'en or vi')
    .addHelpText(
      'after',
      '\nExample:\n  camseal disclose out/report.asice --to public --out public.asice\n\nExit codes: 0 written, 3 bad input, 5 seal broken',
    )
    .action(async (path: string, options: { to: string; out: string; lang?: string }) => {
      const language = languageOf(options.lang)
      const to = options.to === 'public' || options.to === 'regulator' ? options.to : null
      const result = to
        ? await discloseCopy(path, options.out, to)
        : { faults: [{ code: 'not-one-of', values: { expected: 'public, regulator' }, field: '--to' }] }
      if ('faults' in result) {
        printFaults(language, result.faults, false)
        end('broken' in result && result.broken && !isUnread(result.faults) ? EXIT.sealBroken : EXIT.badInput)
      } else {
        console.log(t(language, 'cli', 'disclose.done', { file: options.out, count: result.withheld.length }))
        end(0)
      }
    })
}
