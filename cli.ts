#!/usr/bin/env node
import { Command } from 'commander'
import { t } from './reports/locales/index.ts'
import { packageVersion } from './reports/suite.ts'
import { EXIT, faultText, languageOf, plain } from './reports/verbs/terminal.ts'

type Register = (program: Command, end: (code: number) => void) => void
const run = async (): Promise<Register> => (await import('./lab/verbs/run.ts')).registerRun
const verify = async (): Promise<Register> => (await import('./reports/verbs/verify.ts')).registerVerify
const seal = async (): Promise<Register> => (await import('./reports/verbs/seal.ts')).registerSeal
/** Only dispatches: each verb loads its own file, so that `verify` loads nothing that talks to a camera. */
const VERBS: Record<string, () => Promise<Register>> = {
  run,
  resume: run,
  plan: async () => (await import('./lab/verbs/plan.ts')).registerPlan,
  doctor: async () => (await import('./lab/verbs/doctor.ts')).registerDoctor,
  demo: async () => (await import('./lab/verbs/demo.ts')).registerDemo,
  qualify: async () => (await import('./lab/verbs/qualify.ts')).registerQualify,
  replay: async () => (await import('./lab/verbs/replay.ts')).registerReplay,
  bench: async () => (await import('./lab/verbs/bench.ts')).registerBench,
  verify,
  rejudge: verify,
  seal,
  disclose: seal,
  diff: async () => (await import('./reports/verbs/diff.ts')).registerDiff,
  export: async () => (await import('./reports/verbs/export.ts')).registerExport,
  catalog: async () => (await import('./reports/verbs/catalog.ts')).registerCatalogVerb,
}

const program = new Command('camseal')
  .description(t(languageOf(undefined), 'cli', 'about'))
  .version(packageVersion())
  .showHelpAfterError()
  .exitOverride()

const end = (code: number): void => {
  process.exitCode = code
}

const verb = process.argv[2] ?? ''
const loads = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
const registers = new Set(loads ? [await loads()] : await Promise.all(Object.values(VERBS).map((load) => load())))
for (const register of registers) register(program, end)

let language = languageOf(undefined)
program.hook('preAction', (_, command) => {
  const { lang } = command.opts<{ lang?: string }>()
  language = languageOf(lang)
  if (lang !== undefined && !/^(en|vi)/i.test(lang))
    command.error(faultText(language, { code: 'not-one-of', values: { expected: 'en, vi' }, field: '--lang' }))
})

/** What no verb foresaw: never a stack trace for a file that cannot be had, and never the exit code of a verdict. */
function unforeseen(e: unknown): number {
  const { code, path } = e as NodeJS.ErrnoException
  if (code !== undefined && path !== undefined) {
    console.error(plain(faultText(language, { code: 'file-failed', values: { path, why: code } })))
    return EXIT.badInput
  }
  console.error(plain(t(language, 'cli', 'failed', { why: e instanceof Error ? (e.stack ?? e.message) : String(e) })))
  return EXIT.labFault
}

// A reader that has seen enough (`| head`) is no fault.
process.stdout.on('error', (e: NodeJS.ErrnoException) => {
  if (e.code !== 'EPIPE') throw e
  process.exit()
})

try {
  await program.parseAsync()
} catch (e) {
  const { code, exitCode } = e as { code?: string; exitCode?: number }
  if (code?.startsWith('commander.')) end(exitCode === 0 ? 0 : EXIT.badInput)
  else end(unforeseen(e))
}
