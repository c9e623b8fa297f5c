import { join } from 'node:path'
import { password as askPassword, isCancel } from '@clack/prompts'
import type { Command } from 'commander'
import { canonical } from '../../suites/canonical.ts'
import { AREAS } from '../../suites/criterion.ts'
import type { Fault, Result } from '../../suites/fault.ts'
import { registry } from '../../suites/registry.generated.ts'
import type { Overall } from '../../suites/roll-up.ts'
import type { Signer } from '../../reports/keys.ts'
import { signCades } from '../../reports/cades.ts'
import { t, type Language } from '../../reports/locales/index.ts'
import { renderSummary } from '../../reports/formats/summary.ts'
import { objectIn, sourceOf, writeViews } from '../../reports/render.ts'
import { sealRun } from '../../reports/seal.ts'
import { keyOptions, signerFrom, type KeyOptions } from '../../reports/verbs/seal.ts'
import { EXIT, faultText, languageOf, plain, printFaults } from '../../reports/verbs/terminal.ts'
import { existsSync } from 'node:fs'
import { loadInputs } from '../inputs.ts'
import { readBaseline } from '../baseline.ts'
import { resumeRun } from '../resume.ts'
import { startRun, type Ended, type RunRequest } from '../start.ts'
import { jsonProgress, liveProgress, plainProgress } from './show.ts'

interface RunOptions extends KeyOptions {
  statement: string
  regulation: string[]
  out: string
  bench?: string
  only?: string[]
  skip?: string[]
  area?: string[]
  tier?: string[]
  rehearsal?: boolean
  demo?: boolean
  baseline?: string
  pace?: string
  json?: boolean
  lang?: string
}

/** Budgets of `--pace`: *gentle* is what the statement says, *fast* is for robust units and benches. */
export const PACES: Record<string, { connections: number; attemptsPerSecond: number }> = {
  fast: { connections: 16, attemptsPerSecond: 60_000 },
}

/** Exit code of a verdict; the worst of several regulations. */
export function exitOf(overalls: readonly Overall[]): number {
  if (overalls.some((o) => o === 'does-not-conform' || o === 'failure-in-selection')) return EXIT.doesNotConform
  return overalls.every((o) => o === 'conforms' || o === 'no-failure-in-selection') && overalls.length > 0
    ? EXIT.conforms
    : EXIT.undetermined
}

/** Shows progress as the place allows, and turns Ctrl-C into an orderly end. */
async function attended<T>(
  language: Language,
  json: boolean,
  work: (io: Pick<RunRequest, 'onProgress' | 'signal' | 'ask'>) => Promise<T>,
): Promise<T> {
  const cancel = new AbortController()
  const live = !json && process.stderr.isTTY === true ? liveProgress(language, process.stderr) : null
  const onProgress = json
    ? jsonProgress((l) => console.log(l))
    : (live?.onProgress ?? plainProgress(language, (l) => console.error(l)))
  const stop = () => {
    if (cancel.signal.aborted) process.exit(130)
    console.error(`\n${t(language, 'cli', 'run.cancelling')}`)
    cancel.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  const canAsk = process.stdin.isTTY === true && process.env.CI === undefined
  const ask = canAsk
    ? async (user: string) => {
        const answer = await askPassword({ message: user })
        return isCancel(answer) ? null : answer
      }
    : null
  try {
    return await work({ onProgress, signal: cancel.signal, ask })
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    live?.stop()
  }
}

/** Report, views, seal, and what to do next. */
async function finish(
  result: Result<Ended>,
  signer: Signer | null,
  language: Language,
  json: boolean,
): Promise<number> {
  if (!result.ok) {
    printFaults(language, result.faults, json)
    return EXIT.badInput
  }
  const { report, recorded, directory, complete, restored } = result.value
  writeViews(directory, recorded, language)
  let sealed: string | null = null
  if (signer && complete) {
    const done = await sealRun(directory, signer)
    if ('faults' in done) {
      printFaults(language, done.faults, json)
      return EXIT.labFault
    }
    sealed = done.path
  }
  const regulations = report.verdicts.regulations
  if (json) {
    console.log(
      canonical({
        event: 'report',
        directory,
        sealed,
        complete,
        restored,
        regulations: regulations.map((r) => ({
          regulation: r.regulation,
          overall: r.overall,
          clauses: r.clauses.map((c) => ({ clause: c.clause, outcome: c.outcome })),
        })),
      }),
    )
  } else {
    const source = sourceOf(recorded, objectIn(directory))
    const colour = process.stdout.isTTY === true && process.env.NO_COLOR === undefined
    if (source) console.log(`\n${renderSummary(source, { language, colour })}`)
    const say = (key: string, values = {}) => console.log(t(language, 'cli', `run.${key}`, values))
    if (!restored) say('not-restored', { directory })
    if (!complete) say('cut-short', { directory })
    say('where', { file: join(directory, 'report.html') })
    if (sealed) say('sealed', { file: sealed })
    else if (complete) say('unsealed', { directory })
  }
  return complete ? exitOf(regulations.map((r) => r.overall)) : EXIT.labFault
}

const collect = (value: string, before: string[] = []): string[] => [
  ...before,
  ...value
    .split(',')
    .map((v) => v.trim())
    .filter(Boolean),
]

/** A rehearsal that selects what does not exist would select nothing. */
function choiceFaults({ only = [], skip = [], area = [], tier = [] }: RunOptions): Fault[] {
  const ids = [...registry.criteria.keys()]
  const names = [...ids, ...ids.flatMap((id) => id.split('/'))]
  const unknown = (field: string, given: string[], known: readonly string[], shown = known): Fault[] =>
    given
      .filter((g) => !known.includes(g))
      .map(() => ({ code: 'not-one-of', values: { expected: shown.join(', ') }, field }))
  return [
    ...unknown('--only', only, names, ids),
    ...unknown('--skip', skip, names, ids),
    ...unknown('--area', area, AREAS),
    ...unknown('--tier', tier, ['P', 'R', 'W', 'D']),
  ]
}

async function run(options: RunOptions): Promise<number> {
  const language = languageOf(options.lang)
  const json = options.json ?? false
  const loaded = await signerFrom(options)
  const faults: Fault[] = 'faults' in loaded ? [...loaded.faults] : []
  const pace = options.pace === undefined || options.pace === 'gentle' ? null : (PACES[options.pace] ?? null)
  if (options.pace !== undefined && options.pace !== 'gentle' && pace === null)
    faults.push({ code: 'not-one-of', values: { expected: 'gentle, fast' }, field: '--pace' })
  faults.push(...choiceFaults(options))
  if ('faults' in loaded || faults.length > 0) {
    // Nothing is asked and nothing is begun, but everything else that is wrong is said too.
    const { statement, regulation: regulations, bench = null } = options
    const inputs = await loadInputs({ statement, regulations, bench, demo: false, ask: () => Promise.resolve('') })
    printFaults(language, [...faults, ...(inputs.ok ? [] : inputs.faults)], json)
    return EXIT.badInput
  }
  const { signer } = loaded
  const demo = options.demo ?? signer?.demo ?? false
  try {
    const result = await attended(language, json, (io) =>
      startRun({
        ...io,
        statement: options.statement,
        regulations: options.regulation,
        directory: options.out,
        bench: options.bench ?? null,
        choice: {
          only: options.only ?? [],
          skip: options.skip ?? [],
          areas: options.area ?? [],
          tiers: options.tier ?? [],
        },
        rehearsal: options.rehearsal ?? false,
        demo,
        pace,
        baseline: options.baseline === undefined ? {} : readBaseline(options.baseline),
        sign: signer ? async (bytes) => Buffer.from(await signCades(bytes, signer)).toString('base64') : null,
      }),
    )
    return await finish(result, signer, language, json)
  } catch (e) {
    return brokenRun(e, options.out, language)
  }
}

/** A disk that is full or gone, or a fault of the harness, ends the run; what was observed is on the disk, and `resume` goes on. */
function brokenRun(e: unknown, directory: string, language: Language): number {
  const why = (e as NodeJS.ErrnoException).code ?? (e instanceof Error ? `${e.name}: ${e.message}` : 'unknown')
  const isDisk = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR'].includes(why)
  if (isDisk && !existsSync(join(directory, 'run.json')))
    console.error(faultText(language, { code: 'unwritable', values: { path: directory, why } }))
  else console.error(t(language, 'cli', isDisk ? 'run.disk-full' : 'run.broken', { why, directory }))
  if (!isDisk && e instanceof Error) console.error(plain(e.stack ?? ''))
  return EXIT.labFault
}

export function registerRun(program: Command, end: (code: number) => void): void {
  const language = languageOf(undefined)
  keyOptions(program.command('run').description(t(language, 'cli', 'run.about')))
    .requiredOption('--statement <file>', 'what the maker declares, and how to reach the unit (YAML)')
    .requiredOption('--regulation <ids>', 'regulation ids or files, separated by commas', collect)
    .requiredOption('--out <directory>', 'where journal, objects and reports go; must not hold a run yet')
    .option('--bench <file>', 'who tests, where, with what (YAML)')
    .option('--only <criteria>', 'rehearsal: only these criteria', collect)
    .option('--skip <criteria>', 'rehearsal: not these criteria', collect)
    .option(
      '--area <areas>',
      'rehearsal: authentication, encryption, update-integrity, logging, exposed-ports',
      collect,
    )
    .option('--tier <tiers>', 'rehearsal: only what observes in these tiers (P, R, W, D)', collect)
    .option('--rehearsal', 'a rehearsal of everything: takes no number, concludes nothing')
    .option('--pace <pace>', 'gentle (the budgets of the statement) or fast (robust units only)')
    .option('--demo', 'stamp everything DEMO')
    .option(
      '--baseline <file>',
      'ports that answered at the address before the device was there (loopback benches, JSON)',
    )
    .option('--json', 'progress and result as one JSON object a line')
    .option('--lang <language>', 'en or vi')
    .addHelpText(
      'after',
      `
Examples:
  camseal run --statement camera.yaml --regulation camseal-core --out out
  camseal run --statement camera.yaml --regulation camseal-core --out out --key lab.p12 --passphrase-env LAB_PASS
  camseal run --statement camera.yaml --regulation camseal-core --out out --area encryption,logging --json

Exit codes: 0 conforms, 1 does not conform, 2 undetermined, 3 bad input, 4 lab fault`,
    )
    .action(async (options: RunOptions) => end(await run(options)))
  keyOptions(program.command('resume <directory>').description(t(language, 'cli', 'resume.about')))
    .option('--pace <pace>', 'gentle or fast')
    .option('--json', 'progress and result as one JSON object a line')
    .option('--lang <language>', 'en or vi')
    .addHelpText('after', '\nExample:\n  camseal resume out --key lab.p12 --passphrase-env LAB_PASS')
    .action(async (directory: string, options: KeyOptions & { pace?: string; json?: boolean; lang?: string }) => {
      const chosen = languageOf(options.lang)
      const json = options.json ?? false
      const loaded = await signerFrom(options)
      if ('faults' in loaded) {
        printFaults(chosen, loaded.faults, json)
        return end(EXIT.badInput)
      }
      try {
        const result = await attended(chosen, json, (io) =>
          resumeRun(directory, { ...io, pace: options.pace === 'fast' ? (PACES.fast ?? null) : null }),
        )
        end(await finish(result, loaded.signer, chosen, json))
      } catch (e) {
        end(brokenRun(e, directory, chosen))
      }
    })
}
