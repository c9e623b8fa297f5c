import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { canonical, digestOf } from '../suites/canonical.ts'
import { faulty, ok, type Result } from '../suites/fault.ts'
import type { Verdicts } from '../suites/judge.ts'
import { registry } from '../suites/registry.generated.ts'
import { checkValue } from '../profiles/yaml-file.ts'
import { evidenceOf, readRecorded, type Members, type Recorded } from './evidence.ts'
import type { Line } from './journal.ts'
import { judgeHere } from './rejudge.ts'
import { reportSchema, type BenchRecord, type HookTable, type PowerTable, type Report } from './report.ts'
import { packageVersion } from './suite.ts'

/** What a run knows of itself and no observation holds; frozen in `run.json` when the run starts. */
export interface RunRecord {
  run: Pick<Report['run'], 'id' | 'mode' | 'demo' | 'selection' | 'sequence' | 'retestOf'>
  suite: { digest: string; state: 'released' | 'unreleased' }
  bench: BenchRecord
  qualification: Report['qualification']
  original: string | null
  notes: string[]
  /** Commands of the bench; for `resume`, never sealed: a command may hold what is nobody's business. */
  hooks?: HookTable
  /** How power is switched, and where the references of its secrets start; for `resume`, never sealed. */
  power?: { table: PowerTable; directory: string }
  /** Where relative paths of the statement start; for `resume`, never sealed. */
  directory: string
}

/** The members of a run directory on disk. */
export const directoryMembers = (path: string): Members => ({
  read: (name) => Promise.resolve(existsSync(join(path, name)) ? new Uint8Array(readFileSync(join(path, name))) : null),
  names: () =>
    Promise.resolve(
      ['regulations', 'catalogues', 'objects/sha256']
        .flatMap((d) => (existsSync(join(path, d)) ? readdirSync(join(path, d)).map((f) => `${d}/${f}`) : []))
        .concat(
          ['journal.jsonl', 'statement.json', 'statement.yaml', 'report.json', 'report.html'].filter((f) =>
            existsSync(join(path, f)),
          ),
        ),
    ),
})

/** Judges a finished run and makes its report. Nothing of the report is older than the journal it rests on. */
export async function conclude(
  path: string,
  record: RunRecord,
): Promise<Result<{ report: Report; recorded: Recorded }>> {
  const read = await readRecorded(directoryMembers(path), registry, false)
  if (!read.ok) return read
  const recorded = inGivenOrder(read.value)
  const verdicts = judgeHere(evidenceOf(recorded, record.run.selection.deselected, record.run.mode))
  const report = reportOf(recorded, record, verdicts)
  const checked = checkValue(reportSchema, JSON.parse(canonical(report)))
  if (!checked.ok) return faulty(...checked.faults.map((f) => ({ ...f, file: 'report.json' })))
  return ok({ report: checked.value, recorded: { ...recorded, report: checked.value } })
}

/** The order in which the regulations were asked for stands in the journal's first line. */
function inGivenOrder(recorded: Recorded): Recorded {
  const opened = recorded.journal.lines[0] as Extract<Line, { type: 'opened' }>
  return {
    ...recorded,
    regulations: opened.regulations.flatMap((r) => recorded.regulations.filter((x) => x.id === r.id)),
  }
}

function reportOf(recorded: Recorded, record: RunRecord, verdicts: Verdicts): Report {
  const { statement, regulations, catalogues, journal } = recorded
  const lines = journal.lines
  const observed = lines.flatMap((l) => (l.type === 'observed' ? [l as Extract<Line, { type: 'observed' }>] : []))
  return {
    camseal: 'report/1',
    run: {
      ...record.run,
      startedAt: lines[0]?.at ?? 0,
      endedAt: lines.at(-1)?.at ?? 0,
      resumed: lines.filter((l) => l.type === 'resumed').length,
    },
    tool: {
      name: 'camseal',
      version: packageVersion(),
      suiteDigest: record.suite.digest,
      suite: record.suite.state,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    },
    qualification: record.qualification,
    bench: record.bench,
    clockOffset: clockOffsetOf(lines),
    statement: { digest: digestOf(statement), original: record.original },
    dut: statement.dut,
    samples: statement.samples,
    client: statement.client ?? null,
    regulations: regulations.map((r) => ({ id: r.id, edition: r.edition, digest: digestOf(r), text: r.text })),
    catalogues: catalogues.map((c) => ({ id: c.id, edition: c.edition, digest: digestOf(c) })),
    journal: { lines: lines.length, head: journal.head ?? '' },
    verdicts: verdicts as unknown as Report['verdicts'],
    timeline: observed.map(({ kind, subject, state, startedAt, endedAt, answered, waited }) => ({
      kind,
      subject,
      state,
      startedAt,
      endedAt,
      answered,
      waited,
    })),
    changes: changesOf(lines),
    ...powerOf(lines),
    notes: record.notes,
    disclosure: disclosureOf(observed),
  }
}

/** The journal's notes of power, for whoever reads the report. */
function powerOf(lines: readonly Line[]): Pick<Report, 'power'> {
  const notes = lines.flatMap((l) => (l.type === 'note' ? [l as Extract<Line, { type: 'note' }>] : []))
  const power = notes.filter((l) => l.about.code.startsWith('run.power-'))
  return power.length > 0 ? { power: power.map(({ at, about }) => ({ at, about })) } : {}
}

/** How far the lab's clock was off its source, first and last; null where that was never measured. */
function clockOffsetOf(lines: readonly Line[]): Report['clockOffset'] {
  const measured = lines.flatMap((l) => {
    const about = l.type === 'note' ? (l as Extract<Line, { type: 'note' }>).about : null
    const moment = /^run\.clock-(start|end)$/.exec(about?.code ?? '')?.[1]
    if (!about || moment === undefined) return []
    const { source, offset, uncertainty } = about.values
    return [{ moment, source: String(source), offset: Number(offset), uncertainty: Number(uncertainty) }]
  })
  const start = measured.find((m) => m.moment === 'start')
  const end = measured.findLast((m) => m.moment === 'end')
  const source = (start ?? end)?.source
  if (source === undefined) return null
  const uncertainty = Math.max(...[start, end].flatMap((m) => m?.uncertainty ?? []))
  return { source, start: start?.offset ?? null, end: end?.offset ?? null, uncertainty }
}

function changesOf(lines: readonly Line[]): Report['changes'] {
  const changes = new Map<string, Report['changes'][number]>()
  for (const line of lines) {
    if (line.type === 'intent') {
      const l = line as Extract<Line, { type: 'intent' }>
      changes.set(l.id, { id: l.id, about: l.about, outcome: 'open' })
    }
    if (line.type === 'settled') {
      const l = line as Extract<Line, { type: 'settled' }>
      const known = changes.get(l.id)
      if (known) changes.set(l.id, { ...known, outcome: l.outcome })
    }
  }
  return [...changes.values()]
}

/** Everything evidence holds is for the regulator unless its probe said otherwise; the rendered report shows evidence too. */
function disclosureOf(observed: Extract<Line, { type: 'observed' }>[]): Report['disclosure'] {
  const classes: Report['disclosure'] = { 'report.html': 'regulator' }
  for (const { object, artifacts } of observed)
    for (const ref of [object, ...artifacts])
      if (ref.disclosure !== 'public') classes[`objects/sha256/${ref.digest}`] = ref.disclosure
  return classes
}
