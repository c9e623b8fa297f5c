import { canonical, digestOf } from '../suites/canonical.ts'
import { faulty, ok, type Fault, type Result } from '../suites/fault.ts'
import type { Evidence } from '../suites/judge.ts'
import type { ObjectRef, Observation, Seen } from '../suites/observation.ts'
import type { Registry } from '../suites/plan.ts'
import { catalogueSchema, regulationSchema, type Catalogue, type Regulation } from '../suites/regulation.ts'
import { statementSchema, type Statement } from '../suites/statement.ts'
import type { TSchema, Static } from '../suites/schema.ts'
import { checkValue } from '../profiles/yaml-file.ts'
import { lintStatement } from '../profiles/statement-file.ts'
import { readJournal, type Journal } from './journal.ts'
import { reportSchema, type RenderedObservation, type Report } from './report.ts'
import { contentOf } from './run-directory.ts'

/** Where the members of a run come from: its directory, or a bundle. */
export interface Members {
  /** Whole content; null where there is none. `withheld` for a member that the manifest names and this copy lacks. */
  read(name: string): Promise<Uint8Array | null | 'withheld'>
  names(): Promise<string[]>
}

/** Everything that can be judged again, checked against its schemas and the digests the report carries. */
export interface Recorded {
  report: Report | null
  statement: Statement
  regulations: Regulation[]
  catalogues: Catalogue[]
  journal: Journal
  observations: Observation[]
  rendered: RenderedObservation[]
  withheld: ObjectRef[]
}

/** Reads a run's evidence; every fault at once. With `report`, everything must agree with it. */
export async function readRecorded(
  members: Members,
  registry: Registry,
  wantReport: boolean,
): Promise<Result<Recorded>> {
  const faults: Fault[] = []
  const json = async <S extends TSchema>(name: string, schema: S): Promise<Static<S> | null> => {
    const bytes = await members.read(name)
    if (!(bytes instanceof Uint8Array)) {
      faults.push({ code: 'member-missing', values: { name } })
      return null
    }
    const parsed = parse(bytes)
    const checked =
      parsed === undefined ? faulty({ code: 'not-canonical', values: {} }) : checkValue(schema, parsed, name)
    if (!checked.ok) {
      faults.push(...checked.faults.map((f) => ({ ...f, file: name })))
      return null
    }
    return checked.value
  }
  const names = await members.names()
  const all = async <S extends TSchema>(folder: string, schema: S) =>
    (
      await Promise.all(
        names
          .filter((n) => n.startsWith(`${folder}/`) && n.endsWith('.json'))
          .sort()
          .map((n) => json(n, schema)),
      )
    ).filter((v): v is Awaited<Static<S>> => v !== null)
  const report = wantReport ? await json('report.json', reportSchema) : null
  const statement = await json('statement.json', statementSchema)
  if (statement) faults.push(...lintStatement(statement).map((f) => ({ ...f, file: 'statement.json' })))
  const regulations = (await all('regulations', regulationSchema)) as Regulation[]
  const catalogues = (await all('catalogues', catalogueSchema)) as Catalogue[]
  const journalBytes = await members.read('journal.jsonl')
  const journal =
    journalBytes instanceof Uint8Array
      ? readJournal(journalBytes)
      : faulty({ code: 'member-missing', values: { name: 'journal.jsonl' } })
  if (!journal.ok) faults.push(...journal.faults)
  if (!statement || !journal.ok) return faulty(...faults)
  const seen = await observationsOf(members, journal.value, registry)
  faults.push(...seen.faults)
  if (report) faults.push(...agreement(report, statement, regulations, catalogues, journal.value))
  if (faults.length > 0) return faulty(...faults)
  return ok({
    report,
    statement,
    regulations: inOrder(report, regulations),
    catalogues,
    journal: journal.value,
    ...seen.value,
  })
}

/** The regulations in the order the report names them: an order of presentation, kept for equal bytes. */
const inOrder = (report: Report | null, regulations: Regulation[]): Regulation[] =>
  report ? report.regulations.flatMap((r) => regulations.filter((x) => x.id === r.id)) : regulations

/** Observations out of the journal; the last one of a key counts (a resumed run may have repeated a step). */
async function observationsOf(members: Members, journal: Journal, registry: Registry) {
  const faults: Fault[] = []
  const latest = new Map<string, Extract<(typeof journal.lines)[number], { type: 'observed' }>>()
  for (const line of journal.lines)
    if (line.type === 'observed')
      latest.set(`${line.kind}|${line.subject}|${line.state}`, line as Extract<typeof line, { type: 'observed' }>)
  const observations: Observation[] = []
  const rendered: RenderedObservation[] = []
  const withheld: ObjectRef[] = []
  for (const line of latest.values()) {
    const name = `objects/sha256/${line.object.digest}`
    const bytes = await members.read(name)
    const base = {
      kind: line.kind,
      subject: line.subject,
      state: line.state,
      startedAt: line.startedAt,
      endedAt: line.endedAt,
      probe: line.probe,
    }
    if (bytes === 'withheld') {
      withheld.push(line.object)
      rendered.push({ ...base, object: line.object.digest, seen: unavailable() })
      observations.push({ ...base, kindVersion: line.kindVersion, seen: unavailable() })
      continue
    }
    const content = bytes ? contentOf(bytes, line.object.digest) : null
    const value = content ? parse(content) : undefined
    const kind = registry.kinds.get(line.kind)
    const checked = checkSeen(value, kind?.schema ?? null)
    if (!content) faults.push({ code: 'object-bad', values: { name } })
    else if (!checked.ok) faults.push(...checked.faults.map((f) => ({ ...f, file: name })))
    else {
      observations.push({ ...base, kindVersion: line.kindVersion, seen: checked.value })
      rendered.push({ ...base, object: line.object.digest, seen: checked.value })
    }
  }
  return { faults, value: { observations, rendered, withheld } }
}

const unavailable = (): Seen<unknown> => ({
  answered: false,
  cause: 'lab',
  why: { code: 'framework.withheld', values: {} },
  artifacts: [],
})

/** Shape of a `Seen` and, where the kind is known here, of its value. */
export function checkSeen(value: unknown, schema: TSchema | null): Result<Seen<unknown>> {
  if (typeof value !== 'object' || value === null || !('answered' in value))
    return faulty({ code: 'wrong-type', values: { expected: 'Seen' }, field: '' })
  const seen = value as Seen<unknown>
  if (!seen.answered)
    return typeof seen.why?.code === 'string'
      ? ok(seen)
      : faulty({ code: 'wrong-type', values: { expected: 'why' }, field: '/why' })
  if (!Array.isArray(seen.controls))
    return faulty({ code: 'missing-field', values: { name: 'controls' }, field: '/controls' })
  if (!schema) return ok(seen)
  const checked = checkValue(schema, seen.value)
  return checked.ok ? ok(seen) : faulty(...checked.faults.map((f) => ({ ...f, field: `/value${f.field ?? ''}` })))
}

/** What the report says of its inputs must be what lies beside it. */
function agreement(
  report: Report,
  statement: Statement,
  regulations: Regulation[],
  catalogues: Catalogue[],
  journal: Journal,
): Fault[] {
  const faults: Fault[] = []
  const differ = (what: string, expected: string, found: string) => {
    if (expected !== found) faults.push({ code: 'disagrees', values: { what, expected, found } })
  }
  differ('statement', report.statement.digest, digestOf(statement))
  differ('dut', canonical(report.dut), canonical(statement.dut))
  differ('samples', canonical(report.samples), canonical(statement.samples))
  differ('journal head', report.journal.head, journal.head ?? '')
  differ('journal lines', String(report.journal.lines), String(journal.lines.length))
  differ(
    'regulations',
    report.regulations
      .map((r) => r.id)
      .sort()
      .join(),
    regulations
      .map((r) => r.id)
      .sort()
      .join(),
  )
  differ(
    'catalogues',
    report.catalogues
      .map((c) => c.id)
      .sort()
      .join(),
    catalogues
      .map((c) => c.id)
      .sort()
      .join(),
  )
  for (const r of regulations)
    differ(`regulation ${r.id}`, report.regulations.find((x) => x.id === r.id)?.digest ?? '', digestOf(r))
  for (const c of catalogues)
    differ(`catalogue ${c.id}`, report.catalogues.find((x) => x.id === c.id)?.digest ?? '', digestOf(c))
  const opened = journal.lines[0]
  if (opened?.type !== 'opened')
    faults.push({ code: 'journal-line', values: { why: 'the first line is not `opened`' } })
  else {
    const o = opened as Extract<typeof opened, { type: 'opened' }>
    differ('run', report.run.id, o.run)
    differ('mode', report.run.mode, o.mode)
    differ('demo', String(report.run.demo), String(o.demo))
    differ('statement at plan time', report.statement.digest, o.statement)
    differ('suite', report.tool.suiteDigest, o.suiteDigest)
  }
  return faults
}

/** JSON whose bytes are its canonical form, else undefined. */
function parse(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const value: unknown = JSON.parse(text)
    return canonical(value) === text.trimEnd() ? value : undefined
  } catch {
    return undefined
  }
}

export const evidenceOf = (r: Recorded, deselected: string[], mode: 'official' | 'rehearsal'): Evidence => ({
  statement: r.statement,
  regulations: r.regulations,
  catalogues: r.catalogues,
  observations: r.observations,
  selection: { mode, deselected },
})
