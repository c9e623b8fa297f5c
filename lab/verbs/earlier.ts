import { digestOf } from '../../suites/canonical.ts'
import { faulty, ok, type Fault, type Result } from '../../suites/fault.ts'
import { registry } from '../../suites/registry.generated.ts'
import { loadRegulation } from '../../profiles/regulation-file.ts'
import { loadStatement } from '../../profiles/statement-file.ts'
import { comparable, testedOf, type Tested } from '../../reports/compare.ts'
import { readReportAt, type NamedReport } from '../../reports/opened.ts'
import type { Report } from '../../reports/report.ts'

/** Earlier reports that a run is set beside. */
export interface EarlierOptions {
  statement: string
  regulation: string[]
  baseline?: string
  retestOf?: string
  reason?: string
}

export interface Earlier {
  baseline: NamedReport | null
  retestOf: Report['run']['retestOf']
}

/**
 * The reports that `--baseline` and `--retest-of` name, checked against the statement before anything is sent: what is
 * of another model is refused now and not after an hour.
 */
export async function earlierOf(options: EarlierOptions): Promise<Result<Earlier>> {
  const faults: Fault[] = []
  if ((options.retestOf === undefined) !== (options.reason === undefined || options.reason.trim() === ''))
    faults.push({ code: 'retest-without-reason', values: {} })
  const named = async (path: string | undefined): Promise<NamedReport | null> => {
    if (path === undefined) return null
    const opened = await readReportAt(path)
    if (opened.ok) return opened.value
    faults.push(...opened.faults.map((f) => ({ ...f, file: f.file ?? path })))
    return null
  }
  const [baseline, repeated] = [await named(options.baseline), await named(options.retestOf)]
  const tested = baseline || repeated ? toBeTested(options) : null
  if (tested && baseline) {
    const fit = comparable(testedOf(baseline.report), tested)
    if (!fit.ok) faults.push(...fit.faults)
  }
  if (tested && repeated) {
    const { maker, model } = testedOf(repeated.report)
    if (maker !== tested.maker || model !== tested.model)
      faults.push({
        code: 'retest-other-model',
        values: { older: `${maker} ${model}`, newer: `${tested.maker} ${tested.model}` },
      })
  }
  if (faults.length > 0) return faulty(...faults)
  return ok({
    baseline,
    retestOf: repeated && options.reason ? { report: repeated.digest, why: options.reason.trim() } : null,
  })
}

/** What the run will test; null where the inputs have faults, which the run itself tells. */
function toBeTested({ statement, regulation }: EarlierOptions): Tested | null {
  const loaded = loadStatement(statement)
  const regulations = regulation.map((id) => loadRegulation(id, registry))
  if (!loaded.ok || regulations.some((r) => !r.ok)) return null
  const { dut } = loaded.value.statement
  return {
    maker: dut.maker.name,
    model: dut.model,
    regulations: regulations.flatMap((r) =>
      r.ok ? [{ id: r.value.id, edition: r.value.edition, digest: digestOf(r.value) }] : [],
    ),
  }
}
