import type { Command } from 'commander'
import { AREAS } from '../../suites/criterion.ts'
import type { Fault } from '../../suites/fault.ts'
import { registry } from '../../suites/registry.generated.ts'
import { signCades } from '../../reports/cades.ts'
import { t } from '../../reports/locales/index.ts'
import { keyOptions, signerFrom, type KeyOptions } from '../../reports/verbs/seal.ts'
import { EXIT, languageOf, printFaults } from '../../reports/verbs/terminal.ts'
import { readBaseline } from '../baseline.ts'
import { loadInputs } from '../inputs.ts'
import { resumeRun } from '../resume.ts'
import { startRun } from '../start.ts'
import { attended, brokenRun } from './attended.ts'
import { baselineOf, earlierOf, type EarlierOptions } from './earlier.ts'
import { finish } from './finish.ts'
import { named, paceOf, portsFaults } from './options.ts'

interface RunOptions extends KeyOptions, EarlierOptions {
  out: string
  bench?: string
  only?: string[]
  skip?: string[]
  area?: string[]
  tier?: string[]
  ports?: string[]
  rehearsal?: boolean
  demo?: boolean
  portBaseline?: string
  pace?: string
  hook?: string[]
  hookShell?: string[]
  hookSeconds?: string
  json?: boolean
  lang?: string
}

interface ResumeOptions extends KeyOptions {
  pace?: string
  baseline?: string
  json?: boolean
  lang?: string
}

const all = (value: string, before: string[] = []): string[] => [...before, value]

/** A rehearsal that selects what does not exist would select nothing. */
function choiceFaults({ only = [], skip = [], area = [], tier = [], ports = [] }: RunOptions): Fault[] {
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
    ...portsFaults(ports),
  ]
}

async function run(options: RunOptions): Promise<number> {
  const language = languageOf(options.lang)
  const json = options.json ?? false
  const loaded = await signerFrom(options)
  const faults: Fault[] = 'faults' in loaded ? [...loaded.faults] : []
  const pace = paceOf(options.pace)
  const baseline = readBaseline(options.portBaseline)
  faults.push(...[pace, baseline].flatMap((r) => (r.ok ? [] : r.faults)), ...choiceFaults(options))
  const earlier = await earlierOf(options)
  if (!earlier.ok) faults.push(...earlier.faults)
  if ('faults' in loaded || !pace.ok || !baseline.ok || !earlier.ok || faults.length > 0) {
    // Nothing is asked and nothing is begun, but everything else that is wrong is said too.
    const { statement, regulation: regulations, bench = null } = options
    const inputs = await loadInputs({
      statement,
      regulations,
      bench,
      hooks: options,
      demo: false,
      ask: () => Promise.resolve(''),
    })
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
          ...(options.ports ? { ports: options.ports } : {}),
        },
        hooks: options,
        rehearsal: options.rehearsal ?? false,
        demo,
        pace: pace.value,
        retestOf: earlier.value.retestOf,
        baseline: baseline.value,
        sign: signer ? async (bytes) => Buffer.from(await signCades(bytes, signer)).toString('base64') : null,
      }),
    )
    return await finish(result, { signer, language, json, baseline: earlier.value.baseline })
  } catch (e) {
    return brokenRun(e, options.out, language)
  }
}

export function registerRun(program: Command, end: (code: number) => void): void {
  const language = languageOf(undefined)
  keyOptions(program.command('run').description(t(language, 'cli', 'run.about')))
    .requiredOption('--statement <file>', 'what the maker declares, and how to reach the unit (YAML)')
    .requiredOption('--regulation <ids>', 'regulation ids or files, separated by commas', named)
    .requiredOption('--out <directory>', 'where journal, objects and reports go; must not hold a run yet')
    .option('--bench <file>', 'who tests, where, with what (YAML)')
    .option('--only <criteria>', 'rehearsal: only these criteria', named)
    .option('--skip <criteria>', 'rehearsal: not these criteria', named)
    .option('--area <areas>', 'rehearsal: authentication, encryption, update-integrity, logging, exposed-ports', named)
    .option('--tier <tiers>', 'rehearsal: only what observes in these tiers (P, R, W, D)', named)
    .option(
      '--ports <ports>',
      'rehearsal: sweep only these TCP ports beside the declared ones: 1-1024,8443, or declared',
      named,
    )
    .option('--rehearsal', 'a rehearsal of everything: takes no number, concludes nothing')
    .option('--hook <name=command>', 'reset, power, flash or sign-variant: a command of this bench', all)
    .option('--hook-shell <name=line>', 'the same, as a line for /bin/sh', all)
    .option('--hook-seconds <seconds>', 'longest time of a hook of the command line (300)')
    .option('--pace <pace>', 'gentle (the budgets of the statement) or fast (robust units only)')
    .option('--demo', 'stamp everything DEMO')
    .option('--baseline <report>', 'an earlier report of this model: exit code 1 only where something fails anew')
    .option('--retest-of <report>', 'the report that this run repeats; needs --reason')
    .option('--reason <text>', 'why the test is repeated; stands in the report')
    .option(
      '--port-baseline <file>',
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
  camseal run --statement camera.yaml --regulation camseal-core --out out --area encryption --ports declared
  camseal run --statement camera.yaml --regulation camseal-core --out out --baseline last-week/report.json
  camseal run --statement camera.yaml --regulation camseal-core --out out --retest-of first.asice --reason "new power supply"

Hooks (also under \`hooks:\` of the bench file) are run without a shell, with CAMSEAL_DUT_ADDRESS, CAMSEAL_DUT_SERIAL and
more in their environment; one that fails ends with exit code 4:
  flash         before the run: brings the version before the one to be installed
  reset         before a run on a unit that arrives factory-fresh
  power         CAMSEAL_POWER=off, then on: for a unit that does not come back; in its place \`power:\` of the bench
                file names a PoE switch port or the operator (docs/examples/bench.yaml)
  sign-variant  makes CAMSEAL_OUTPUT of CAMSEAL_INPUT as CAMSEAL_VARIANT says (maker-unsigned, maker-foreign-key,
                maker-other-model), where the statement names no such package
  camseal run --statement camera.yaml --regulation camseal-core --out out --hook "power=pdu-switch outlet 3"

Exit codes: 0 conforms, 1 does not conform, 2 undetermined, 3 bad input, 4 lab fault
With --baseline: 0 nothing got worse, 1 something fails that did not fail in the baseline, 2 something is no longer
decided, 3 bad input (a baseline of another model, or without a regulation in common), 4 lab fault`,
    )
    .action(async (options: RunOptions) => end(await run(options)))
  keyOptions(program.command('resume <directory>').description(t(language, 'cli', 'resume.about')))
    .option('--pace <pace>', 'gentle or fast')
    .option('--baseline <report>', 'an earlier report of this model: exit code 1 only where something fails anew')
    .option('--json', 'progress and result as one JSON object a line')
    .option('--lang <language>', 'en or vi')
    .addHelpText(
      'after',
      '\nExamples:\n  camseal resume out --key lab.p12 --passphrase-env LAB_PASS\n  camseal resume out --baseline last-week/report.json\n\nExit codes: 0 conforms, 1 does not conform, 2 undetermined, 3 bad input, 4 lab fault',
    )
    .action(async (directory: string, options: ResumeOptions) => {
      const chosen = languageOf(options.lang)
      const json = options.json ?? false
      const loaded = await signerFrom(options)
      const pace = paceOf(options.pace)
      const earlier = await baselineOf(options.baseline, directory)
      if ('faults' in loaded || !pace.ok || !earlier.ok) {
        const wrong = [pace, earlier].flatMap((r) => (r.ok ? [] : r.faults))
        const faults = [...('faults' in loaded ? loaded.faults : []), ...wrong]
        printFaults(chosen, faults, json)
        return end(EXIT.badInput)
      }
      try {
        const result = await attended(chosen, json, (io) => resumeRun(directory, { ...io, pace: pace.value }))
        end(await finish(result, { signer: loaded.signer, language: chosen, json, baseline: earlier.value }))
      } catch (e) {
        end(brokenRun(e, directory, chosen))
      }
    })
}
