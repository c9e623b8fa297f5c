import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import type { Fault } from '../../suites/fault.ts'
import { registry } from '../../suites/registry.generated.ts'
import { compare } from '../compare.ts'
import { renderAllure, writeAllure } from '../formats/allure.ts'
import { renderHtml } from '../formats/html.ts'
import { renderJunit } from '../formats/junit.ts'
import { renderSarif } from '../formats/sarif.ts'
import { renderSummary } from '../formats/summary.ts'
import type { ReportSource } from '../formats/source.ts'
import { t, type Language } from '../locales/index.ts'
import { makeDirectory } from '../make-directory.ts'
import { openSource, readReportAt } from '../opened.ts'
import { EXIT, languageOf, printFaults } from './terminal.ts'

const FORMATS = ['html', 'junit', 'sarif', 'allure', 'summary'] as const

interface Options {
  format: string
  out?: string
  baseline?: string
  lang?: string
}

/** Writes a view of a run or a sealed report again: in the other language, or in a format that another tool reads. */
async function exportReport(path: string, options: Options): Promise<number> {
  const language = languageOf(options.lang)
  const fail = (faults: Fault[], broken = false) => {
    printFaults(language, faults, false)
    return broken ? EXIT.sealBroken : EXIT.badInput
  }
  if (!FORMATS.some((f) => f === options.format))
    return fail([{ code: 'not-one-of', values: { expected: FORMATS.join(', ') } }])
  const opened = await openSource(path)
  if (!opened.ok) return fail(opened.faults, opened.broken)
  const { source } = opened.value
  if (options.baseline !== undefined) {
    const older = await readReportAt(options.baseline)
    if (!older.ok) return fail(older.faults, older.broken)
    const compared = compare(older.value.report, source.report)
    if (!compared.ok) return fail(compared.faults)
    source.comparison = compared.value
  }
  return write(source, options, language, path)
}

async function write(
  source: ReportSource,
  { format, out }: Options,
  language: Language,
  path: string,
): Promise<number> {
  if (format === 'allure') {
    const directory = out ?? 'allure'
    writeAllure(source, join(directory, 'results'), language)
    const rendered = await renderAllure(join(directory, 'results'), join(directory, 'site'))
    console.log(
      rendered.ok
        ? rendered.page
        : t(language, 'cli', `export.allure-${rendered.why}`, { directory: join(directory, 'results') }),
    )
    return 0
  }
  const text =
    format === 'html'
      ? renderHtml(source, { language, kinds: registry.kinds })
      : format === 'junit'
        ? renderJunit(source, language)
        : format === 'sarif'
          ? renderSarif(source, language)
          : renderSummary(source, {
              language,
              colour: out === undefined && process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
            })
  if (out === undefined) process.stdout.write(text)
  else {
    makeDirectory(dirname(out))
    writeFileSync(out, text)
    console.log(`${path} → ${out}`)
  }
  return 0
}

export function registerExport(program: Command, end: (code: number) => void): void {
  program
    .command('export <report>')
    .description(t(languageOf(undefined), 'cli', 'export.about'))
    .requiredOption('--format <format>', 'html, junit, sarif, allure or summary')
    .option('--baseline <report>', 'an earlier report of the same model: the view says what changed since')
    .option('--out <path>', 'file (allure: directory); standard output where left out')
    .option('--lang <language>', 'en or vi')
    .addHelpText(
      'after',
      '\nExamples:\n  camseal export report.asice --format summary --lang vi\n  camseal export out --format allure --out allure\n  camseal export out --format sarif --baseline last-week/report.json --out camseal.sarif\n  camseal export report.asice --format html --out bao-cao.html --lang vi\n\nExit codes: 0 written, 3 bad input, 5 seal broken',
    )
    .action(async (path: string, options: Options) => end(await exportReport(path, options)))
}
