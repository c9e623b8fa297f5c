import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '../../suites/canonical.ts'
import { faulty, ok, type Fault, type Result } from '../../suites/fault.ts'
import { registry } from '../../suites/registry.generated.ts'
import { statementSchema } from '../../suites/statement.ts'
import { regulationSchema, type Regulation } from '../../suites/regulation.ts'
import { loadRegulation } from '../../profiles/regulation-file.ts'
import { loadStatement } from '../../profiles/statement-file.ts'
import { checkValue } from '../../profiles/yaml-file.ts'
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
    regulations: regulations.flatMap((r) => (r.ok ? [regulationOf(r.value)] : [])),
  }
}

const regulationOf = (regulation: Regulation): Tested['regulations'][number] => ({
  id: regulation.id,
  edition: regulation.edition,
  digest: digestOf(regulation),
})

/** The report that `resume --baseline` names, checked against what the run in the directory has frozen. */
export async function baselineOf(path: string | undefined, directory: string): Promise<Result<NamedReport | null>> {
  if (path === undefined) return ok(null)
  const opened = await readReportAt(path)
  if (!opened.ok) return faulty(...opened.faults.map((f) => ({ ...f, file: f.file ?? path })))
  const tested = frozenIn(directory)
  const fit = tested ? comparable(testedOf(opened.value.report), tested) : ok(undefined)
  return fit.ok ? ok(opened.value) : faulty(...fit.faults)
}

/** What the run in a directory tests; null where none is there to be read, which resuming it tells. */
function frozenIn(directory: string): Tested | null {
  const folder = join(directory, 'regulations')
  const file = join(directory, 'statement.json')
  if (!existsSync(folder) || !existsSync(file)) return null
  try {
    const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))
    const statement = checkValue(statementSchema, json(file))
    const regulations = readdirSync(folder).map((name) => checkValue(regulationSchema, json(join(folder, name))))
    if (!statement.ok || regulations.some((r) => !r.ok)) return null
    const { dut } = statement.value
    return {
      maker: dut.maker.name,
      model: dut.model,
      regulations: regulations.flatMap((r) => (r.ok ? [regulationOf(r.value)] : [])),
    }
  } catch {
    return null
  }
}
