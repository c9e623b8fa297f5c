import type { Command } from 'commander'
import { compare, countsOf, exitOfComparison } from '../compare.ts'
import { comparisonLines } from '../formats/comparison.ts'
import { t } from '../locales/index.ts'
import { readReportAt, type NamedReport } from '../opened.ts'
import { EXIT, languageOf, printFaults } from './terminal.ts'

interface Options {
  json?: boolean
  lang?: string
}

/** Sets two reports of one model beside each other; nothing but the two files is needed. */
async function diff(older: string, newer: string, { json = false, lang }: Options): Promise<number> {
  const language = languageOf(lang)
  const reports: NamedReport[] = []
  for (const path of [older, newer]) {
    const opened = await readReportAt(path)
    if (!opened.ok) {
      printFaults(
        language,
        opened.faults.map((f) => ({ ...f, file: f.file ?? path })),
        json,
      )
      return opened.broken ? EXIT.sealBroken : EXIT.badInput
    }
    reports.push(opened.value)
  }
  const [a, b] = reports
  if (!a || !b) return EXIT.badInput
  const compared = compare(a.report, b.report)
  if (!compared.ok) {
    printFaults(language, compared.faults, json)
    return EXIT.badInput
  }
  const exitCode = exitOfComparison(compared.value)
  if (json)
    console.log(
      JSON.stringify({
        older: a.digest,
        newer: b.digest,
        counts: countsOf(compared.value),
        ...compared.value,
        warnings: compared.value.warnings.map((w) => ({ ...w, text: t(language, 'diff', w.code, w.values) })),
        exitCode,
      }),
    )
  else console.log(comparisonLines(compared.value, language).join('\n'))
  return exitCode
}

export function registerDiff(program: Command, end: (code: number) => void): void {
  program
    .command('diff <older> <newer>')
    .description(t(languageOf(undefined), 'diff', 'about'))
    .option('--json', 'one JSON object')
    .option('--lang <language>', 'en or vi')
    .addHelpText(
      'after',
      `
Each report is a sealed bundle, a run directory or a report.json.

Examples:
  camseal diff last-week/report.json out
  camseal diff v1.asice v2.asice --json

Exit codes: 0 nothing got worse, 1 something fails that did not fail before, 2 something is no longer decided,
3 bad input (another model, no regulation in common), 5 seal broken`,
    )
    .action(async (older: string, newer: string, options: Options) => end(await diff(older, newer, options)))
}
