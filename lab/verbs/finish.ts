import { join } from 'node:path'
import { canonical } from '../../suites/canonical.ts'
import type { Result } from '../../suites/fault.ts'
import type { Overall } from '../../suites/roll-up.ts'
import type { Signer } from '../../reports/keys.ts'
import { compare, countsOf, exitOfComparison, type Comparison } from '../../reports/compare.ts'
import { t, type Language } from '../../reports/locales/index.ts'
import { renderSummary } from '../../reports/formats/summary.ts'
import type { NamedReport } from '../../reports/opened.ts'
import type { Report } from '../../reports/report.ts'
import { objectIn, sourceOf, writeViews } from '../../reports/render.ts'
import { sealRun } from '../../reports/seal.ts'
import { EXIT, printFaults } from '../../reports/verbs/terminal.ts'
import type { Ended } from '../start.ts'

/** Exit code of a verdict; the worst of several regulations. */
export function exitOf(overalls: readonly Overall[]): number {
  if (overalls.some((o) => o === 'does-not-conform' || o === 'failure-in-selection')) return EXIT.doesNotConform
  return overalls.every((o) => o === 'conforms' || o === 'no-failure-in-selection') && overalls.length > 0
    ? EXIT.conforms
    : EXIT.undetermined
}

interface Closing {
  signer: Signer | null
  language: Language
  json: boolean
  /** What the run is compared with. */
  baseline: NamedReport | null
}

/** Report, views, seal, and what to do next. */
export async function finish(result: Result<Ended>, { signer, language, json, baseline }: Closing): Promise<number> {
  if (!result.ok) {
    printFaults(language, result.faults, json)
    return EXIT.badInput
  }
  const { report, recorded, directory, complete, restored, faults } = result.value
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
  const comparison = baseline ? comparedWith(baseline, report) : null
  if (json) {
    console.log(
      canonical({
        event: 'report',
        directory,
        sealed,
        complete,
        restored,
        ...(comparison ? { comparison: { ...comparison, counts: countsOf(comparison) } } : {}),
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
    const compared = source && comparison ? { ...source, comparison } : source
    if (compared) console.log(`\n${renderSummary(compared, { language, colour })}`)
    const say = (key: string, values = {}) => console.log(t(language, 'cli', `run.${key}`, values))
    if (!restored) say('not-restored', { directory })
    if (!complete) say('cut-short', { directory })
    say('where', { file: join(directory, 'report.html') })
    if (sealed) say('sealed', { file: sealed })
    else if (complete) say('unsealed', { directory })
  }
  if (faults.length > 0) printFaults(language, faults, json)
  if (!complete || faults.length > 0) return EXIT.labFault
  return comparison ? exitOfComparison(comparison) : exitOf(regulations.map((r) => r.overall))
}

/** The baseline was found comparable before the run; its statement and regulations are those of the run. */
function comparedWith({ report }: NamedReport, newer: Report): Comparison {
  const compared = compare(report, newer)
  if (!compared.ok) throw new Error(compared.faults.map((f) => f.code).join())
  return compared.value
}
