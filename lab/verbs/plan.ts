import type { Command } from 'commander'
import type { Fault } from '../../suites/fault.ts'
import { registry } from '../../suites/registry.generated.ts'
import { demandOf } from '../../suites/plan.ts'
import { messageText, t } from '../../reports/locales/index.ts'
import { EXIT, languageOf, printFaults } from '../../reports/verbs/terminal.ts'
import { loadRegulation } from '../../profiles/regulation-file.ts'
import { loadStatement } from '../../profiles/statement-file.ts'
import { probes } from '../probes/registry.generated.ts'
import { foreseen, scheduleOf, secondsOf } from '../schedule.ts'
import { named } from './options.ts'

interface PlanOptions {
  statement: string
  regulation: string[]
  json?: boolean
  lang?: string
}

/** Prints what would run, before anything is sent. */
function plan(options: PlanOptions): number {
  const language = languageOf(options.lang)
  const statement = loadStatement(options.statement)
  const regulations = options.regulation.map((id) => loadRegulation(id, registry))
  const faults: Fault[] = [
    ...(regulations.length > 0 ? [] : [{ code: 'empty', values: {}, field: '--regulation' }]),
    ...(statement.ok ? [] : statement.faults),
    ...regulations.flatMap((r) => (r.ok ? [] : r.faults)),
  ]
  if (!statement.ok || faults.length > 0) {
    printFaults(language, faults, options.json ?? false)
    return EXIT.badInput
  }
  const demand = demandOf(
    regulations.flatMap((r) => (r.ok ? [r.value] : [])),
    { mode: 'official', deselected: [] },
  )
  const declared = statement.value.statement
  const all = foreseen(scheduleOf(declared, demand, registry, probes), declared)
  const seconds = secondsOf(all, declared)
  const steps = all.map((s, i) => ({
    state: s.state,
    kind: s.kind.id,
    subject: s.subject,
    tier: s.probe?.tier ?? null,
    seconds: Math.ceil(seconds[i] ?? 0),
    leaves: s.probe?.leaves ? messageText(language, s.probe.leaves) : null,
    does: t(language, `probes/${s.kind.id}`, 'does'),
    permitted: s.probe !== null && (s.probe.tier !== 'D' || declared.permit === 'destructive'),
  }))
  if (options.json) console.log(JSON.stringify({ statement: statement.value.digest, steps, criteria: demand }))
  else {
    for (const s of steps)
      console.log(
        `${s.state.padEnd(14)} ${s.tier ?? '-'} ${String(s.seconds).padStart(5)} s  ${s.kind} ${s.subject}${s.permitted ? '' : ` (${t(language, 'framework', 'not-permitted')})`}${s.leaves ? `\n${' '.repeat(25)}${s.leaves}` : ''}`,
      )
    console.log(
      t(language, 'cli', 'progress.planned', {
        steps: steps.length,
        minutes: Math.ceil(steps.reduce((n, s) => n + s.seconds, 0) / 60),
      }),
    )
  }
  return 0
}

export function registerPlan(program: Command, end: (code: number) => void): void {
  program
    .command('plan')
    .description(t(languageOf(undefined), 'cli', 'plan.about'))
    .requiredOption('--statement <file>', 'statement (YAML)')
    .requiredOption('--regulation <ids>', 'regulation ids or files, separated by commas', named)
    .option('--json', 'one JSON object')
    .option('--lang <language>', 'en or vi')
    .addHelpText(
      'after',
      '\nExample:\n  camseal plan --statement camera.yaml --regulation camseal-core\n\nExit codes: 0 printed, 3 bad input',
    )
    .action((options: PlanOptions) => end(plan(options)))
}
