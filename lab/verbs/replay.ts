import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { Fault } from '../../suites/fault.ts'
import { registry } from '../../suites/registry.generated.ts'
import { directoryMembers } from '../../reports/conclude.ts'
import { readRecorded, type Recorded } from '../../reports/evidence.ts'
import { t, type Language } from '../../reports/locales/index.ts'
import { openSource } from '../../reports/opened.ts'
import { writeViews } from '../../reports/render.ts'
import {
  criterionNamed,
  exitOfJudgements,
  judgedAlone,
  judgementLines,
  observationLines,
} from '../../reports/replay.ts'
import { EXIT, languageOf, printFaults } from '../../reports/verbs/terminal.ts'
import { readBaseline } from '../baseline.ts'
import type { Progress } from '../progress.ts'
import { startRun, type RunRequest } from '../start.ts'
import { attended, brokenRun } from './attended.ts'
import { named, paceOf, portsFaults } from './options.ts'

interface ReplayOptions {
  statement?: string
  report?: string
  regulation: string[]
  bench?: string
  pace?: string
  ports?: string[]
  portBaseline?: string
  out?: string
  json?: boolean
  lang?: string
}

/** One criterion again: on a unit, or on the evidence of a report. */
async function replay(name: string, options: ReplayOptions): Promise<number> {
  const language = languageOf(options.lang)
  const fail = (faults: readonly Fault[], code: number = EXIT.badInput) => {
    printFaults(language, faults, options.json ?? false)
    return code
  }
  const criterion = criterionNamed(name)
  if (!criterion.ok) return fail(criterion.faults)
  const { statement, report } = options
  const pace = paceOf(options.pace)
  const baseline = readBaseline(options.portBaseline)
  const wrongPorts = portsFaults(options.ports)
  if (!pace.ok || !baseline.ok || wrongPorts.length > 0)
    return fail([...[pace, baseline].flatMap((r) => (r.ok ? [] : r.faults)), ...wrongPorts])
  if ((statement === undefined) === (report === undefined)) return fail([{ code: 'replay-either', values: {} }])
  if (report !== undefined) {
    const opened = await openSource(report)
    if (!opened.ok) return fail(opened.faults, opened.broken ? EXIT.sealBroken : EXIT.badInput)
    return judged(opened.value.recorded, criterion.value, language, options.json ?? false)
  }
  const out = options.out ?? mkdtempSync(join(tmpdir(), 'camseal-replay-'))
  try {
    return await onUnit(
      {
        ...options,
        statement: statement ?? '',
        out,
        keeps: options.out !== undefined,
        budgets: pace.value,
        baseline: baseline.value,
      },
      criterion.value,
      language,
    )
  } catch (e) {
    return brokenRun(e, out, language)
  } finally {
    if (options.out === undefined) rmSync(out, { recursive: true, force: true })
  }
}

type OnUnit = ReplayOptions &
  Pick<RunRequest, 'baseline'> & { statement: string; out: string; keeps: boolean; budgets: RunRequest['pace'] }

/** A rehearsal of what the criterion needs and nothing else; every exchange is shown as soon as it is observed. */
async function onUnit(options: OnUnit, criterion: string, language: Language): Promise<number> {
  const { statement, out, json = false } = options
  let shown = Promise.resolve()
  const show = (p: Progress) => {
    if (p.event === 'observed' && !json) shown = shown.then(() => showStep(p, out, criterion, language))
  }
  const result = await attended(language, json, (io) =>
    startRun({
      ...io,
      onProgress: (p) => {
        io.onProgress(p)
        show(p)
      },
      statement,
      regulations: options.regulation,
      directory: out,
      bench: options.bench ?? null,
      choice: { only: [criterion], skip: [], areas: [], tiers: [], ...(options.ports ? { ports: options.ports } : {}) },
      rehearsal: true,
      retestOf: null,
      demo: false,
      pace: options.budgets,
      baseline: options.baseline,
      sign: null,
    }),
  )
  await shown
  if (!result.ok) {
    printFaults(language, result.faults, json)
    return EXIT.badInput
  }
  if (options.keeps) writeViews(out, result.value.recorded, language)
  if (result.value.faults.length > 0) printFaults(language, result.value.faults, json)
  const code = await judged(result.value.recorded, criterion, language, json)
  return result.value.complete && result.value.faults.length === 0 ? code : EXIT.labFault
}

type Observed = Extract<Progress, { event: 'observed' }>

/** The exchanges of a step, and what the criterion finds in it with what has been seen so far. */
async function showStep(
  { kind, subject, state }: Observed,
  out: string,
  criterion: string,
  language: Language,
): Promise<void> {
  const read = await readRecorded(directoryMembers(out), registry, false)
  const observation = read.ok
    ? read.value.observations.find((o) => o.kind === kind && o.subject === subject && o.state === state)
    : undefined
  if (!read.ok || !observation) return
  for (const line of observationLines(observation, language)) console.log(line)
  if (registry.criteria.get(criterion)?.over.id !== kind) return
  const judgements = await judgedAlone(read.value, criterion)
  const here = judgements.ok ? judgements.value.filter((j) => j.subject === subject && j.state === state) : []
  for (const j of here) {
    const bare = { ...j, findings: j.findings.map((f) => ({ ...f, cites: [] })) }
    for (const line of judgementLines(bare, read.value, language)) console.log(`  ${line}`)
  }
}

/** Prints every judgement of the criterion with the bytes it cites. */
async function judged(recorded: Recorded, criterion: string, language: Language, json: boolean): Promise<number> {
  const judgements = await judgedAlone(recorded, criterion)
  if (!judgements.ok) {
    printFaults(language, judgements.faults, json)
    return EXIT.badInput
  }
  const code = exitOfJudgements(judgements.value)
  if (json) console.log(JSON.stringify({ criterion, judgements: judgements.value, exitCode: code }))
  else {
    console.log(`\n${t(language, 'replay', 'judged', { criterion, count: judgements.value.length })}`)
    for (const j of judgements.value) console.log(`\n${judgementLines(j, recorded, language).join('\n')}`)
  }
  return code
}

export function registerReplay(program: Command, end: (code: number) => void): void {
  program
    .command('replay <criterion>')
    .description(t(languageOf(undefined), 'replay', 'about'))
    .option(
      '--statement <file>',
      'on a unit: makes only what this criterion needs (a rehearsal), showing each exchange',
    )
    .option('--report <report>', 'offline: judges the evidence of a sealed report or run directory again')
    .option('--regulation <ids>', 'whose parameters to judge with (with --statement)', (v: string) => named(v), [
      'camseal-core',
    ])
    .option('--bench <file>', 'who tests, where, with what (YAML); its hooks are used')
    .option('--pace <pace>', 'gentle (the budgets of the statement) or fast (robust units only)')
    .option('--ports <ports>', 'sweep only these TCP ports beside the declared ones: 1-1024,8443, or declared', named)
    .option('--port-baseline <file>', 'ports that answered before the device was there (loopback benches, JSON)')
    .option('--out <directory>', 'keeps the rehearsal; else it is removed')
    .option('--json', 'progress and judgements as one JSON object a line')
    .option('--lang <language>', 'en or vi')
    .addHelpText(
      'after',
      `
Examples:
  camseal replay tls-versions --statement camera.yaml --ports declared
  camseal replay authentication/login-lockout --statement camera.yaml --pace fast --out lockout
  camseal replay tls-versions --report report.asice --lang vi

Exit codes: 0 passes, 1 fails, 2 undetermined, 3 bad input, 4 lab fault, 5 seal broken`,
    )
    .action(async (criterion: string, options: ReplayOptions) => end(await replay(criterion, options)))
}
