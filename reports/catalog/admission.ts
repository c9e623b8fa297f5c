import { digestOf } from '../../suites/canonical.ts'
import type { Message } from '../../suites/observation.ts'
import type { Regulation } from '../../suites/regulation.ts'
import type { Statement } from '../../suites/statement.ts'
import type { Report } from '../report.ts'
import { printable } from '../seal-fault.ts'
import { dateOf, plusDays } from './dates.ts'
import { standingReasons } from './listed.ts'
import { readable } from './names.ts'
import { note, reason } from './reasons.ts'
import type { Settings } from './settings.ts'
import type { Standing } from './state.ts'
import type { Verification } from './verification.ts'

export interface Request {
  verification: Verification
  /** SHA-256 of the sealed file. */
  digest: string
  settings: Settings
  standings: readonly Standing[]
  /** Microseconds since the epoch. */
  at: number
  /** The regulation asked for; else the first accepted one that the report concludes on, a conforming one before others. */
  regulation?: string
}

type Accepted = Settings['regulations'][number]
type Conclusion = Report['verdicts']['regulations'][number]

/** What an entry would be made of. */
export interface Candidate {
  report: Report
  statement: Statement
  conclusion: Conclusion
  regulation: Regulation
  accepted: Accepted
}

export interface Decision {
  reasons: Message[]
  notes: Message[]
  /** Null where a reason leaves nothing to make an entry of. */
  candidate: Candidate | null
}

/**
 * Asks everything that admission depends on. No reason means admitted. Behind a broken seal nothing is asked that could only
 * be answered by reading what it sealed.
 */
export function decide(request: Request): Decision {
  const { verification: v, settings } = request
  const reasons: Message[] = []
  if (!v.seal.ok) reasons.push(reason('seal-broken', { faults: v.seal.faults.length }))
  if (!v.signer.ok && (v.seal.ok || v.signer.why))
    reasons.push(reason('signer-not-trusted', { why: v.signer.why?.code ?? '' }))
  if (v.verdicts.state === 'different') reasons.push(reason('verdicts-differ'))
  if (v.verdicts.state === 'not-attempted' && v.seal.ok)
    reasons.push(reason('verdicts-not-attempted', { why: v.verdicts.why?.code ?? '' }))
  if (v.withheld.length > 0) reasons.push(reason('withheld', { members: v.withheld.length }))
  if (!v.report) return { reasons: [...reasons, reason('report-missing')], notes: [], candidate: null }
  if (!v.statement) reasons.push(reason('statement-missing'))

  const conclusion = conclusionOf(v.report, settings, request.regulation)
  const accepted = acceptedOf(settings, conclusion)
  const regulation = regulationFileOf(v.regulations, conclusion)
  reasons.push(
    ...regulationReasons(v.report, settings, conclusion, accepted, regulation, request.at),
    ...runReasons(v.report, settings, request.at),
    ...(v.statement ? identityReasons(v.report, v.statement) : []),
    ...(v.statement && conclusion ? standingReasons(v.statement.dut, conclusion, request) : []),
  )
  const candidate =
    v.statement && conclusion && accepted && regulation
      ? { report: v.report, statement: v.statement, conclusion, regulation, accepted }
      : null
  return { reasons, notes: candidate ? notesOf(candidate) : [], candidate }
}

function conclusionOf(report: Report, settings: Settings, wanted: string | undefined): Conclusion | null {
  const all = report.verdicts.regulations
  if (wanted !== undefined) return all.find((r) => r.regulation === wanted) ?? null
  const inOrder = settings.regulations.flatMap((s) => all.filter((r) => r.regulation === s.id))
  return (
    inOrder.find((r) => r.overall === 'conforms' && !r.indicative && acceptedOf(settings, r)) ??
    inOrder[0] ??
    all[0] ??
    null
  )
}

const acceptedOf = (settings: Settings, conclusion: Conclusion | null): Accepted | null =>
  settings.regulations.find((s) => s.id === conclusion?.regulation && s.edition === conclusion.edition) ?? null

const regulationFileOf = (files: readonly Regulation[], conclusion: Conclusion | null): Regulation | null =>
  files.find(
    (r) => r.id === conclusion?.regulation && r.edition === conclusion.edition && digestOrNull(r) === conclusion.digest,
  ) ?? null

/** The conclusion is *conforms*, on law that is accepted here and was in force. */
function regulationReasons(
  report: Report,
  settings: Settings,
  conclusion: Conclusion | null,
  accepted: Accepted | null,
  file: Regulation | null,
  at: number,
): Message[] {
  if (!conclusion) return [reason('regulation-not-accepted', { regulation: '-' })]
  const regulation = printable(conclusion.regulation)
  const edition = printable(conclusion.edition)
  const reasons: Message[] = []
  if (conclusion.overall !== 'conforms') reasons.push(reason('overall', { regulation, overall: conclusion.overall }))
  if (
    conclusion.indicative ||
    file?.text === 'reconstructed' ||
    report.regulations.some((r) => r.id === conclusion.regulation && r.text === 'reconstructed')
  )
    reasons.push(reason('indicative', { regulation }))
  if (!accepted)
    reasons.push(
      settings.regulations.some((s) => s.id === conclusion.regulation)
        ? reason('regulation-edition', { regulation, edition })
        : reason('regulation-not-accepted', { regulation }),
    )
  else if (accepted.digest !== undefined && accepted.digest !== conclusion.digest)
    reasons.push(reason('regulation-digest', { regulation }))
  if (!file) return [...reasons, reason('regulation-file', { regulation })]
  const { validFrom, validUntil } = file
  const today = dateOf(at)
  const ran = dateOf(report.run.endedAt)
  if (validFrom !== null && today < validFrom)
    reasons.push(reason('regulation-not-yet', { regulation, date: validFrom }))
  if (validFrom !== null && ran < validFrom)
    reasons.push(reason('run-before-regulation', { regulation, date: validFrom }))
  if (validUntil !== null && ran > validUntil)
    reasons.push(reason('run-after-regulation', { regulation, date: validUntil }))
  if (validUntil !== null && today > plusDays(validUntil, accepted?.graceDays ?? 0))
    reasons.push(reason('regulation-ended', { regulation, date: validUntil }))
  return reasons
}

/** An official run of everything, by a released suite, not long ago, that left the device as it was. */
function runReasons(report: Report, settings: Settings, at: number): Message[] {
  const { run, tool } = report
  const reasons: Message[] = []
  if (run.mode !== 'official') reasons.push(reason('rehearsal'))
  const { selection } = run
  if (
    [
      selection.only,
      selection.skip,
      selection.areas,
      selection.tiers,
      selection.ports ?? [],
      selection.deselected,
    ].some((s) => s.length > 0) ||
    report.verdicts.demand.some((d) => !d.selected)
  )
    reasons.push(reason('selection'))
  if (tool.suite !== 'released' && !settings.demo) reasons.push(reason('suite-unreleased'))
  if (settings.suites && !settings.suites.includes(tool.suiteDigest))
    reasons.push(reason('suite-not-accepted', { suite: tool.suiteDigest.slice(0, 16) }))
  const demo = run.demo || report.bench.demo === true
  if (demo && !settings.demo) reasons.push(reason('demo-report'))
  if (!demo && settings.demo) reasons.push(reason('not-demo-report'))
  if (run.endedAt > at) reasons.push(reason('from-the-future', { date: dateOf(run.endedAt) }))
  const oldest = settings.reportMaxAgeDays === undefined ? null : plusDays(dateOf(at), -settings.reportMaxAgeDays)
  if (oldest !== null && dateOf(run.endedAt) < oldest)
    reasons.push(reason('too-old', { days: settings.reportMaxAgeDays ?? 0 }))
  const open = report.changes.filter((c) => c.outcome === 'open').length
  if (open > 0) reasons.push(reason('changes-open', { changes: open }))
  return reasons
}

/** What was tested is named: by the statement that was judged, so that a reader can recognise it. */
function identityReasons(report: Report, statement: Statement): Message[] {
  const { dut } = statement
  const reasons: Message[] = []
  if (digestOrNull(statement) !== report.statement.digest) reasons.push(reason('statement-digest'))
  if (digestOrNull(report.dut) !== digestOrNull(dut)) reasons.push(reason('identity-differs'))
  const names: [string, string | undefined][] = [
    ['vendor', dut.maker.name],
    ['brand', dut.brand],
    ['model', dut.model],
    ['hardware', dut.hardware],
    ['firmware', dut.firmware.version],
    ['address', dut.maker.address],
    ['country', dut.maker.country],
    ['client', statement.client?.name],
    ['client address', statement.client?.address],
    ['laboratory', report.bench.laboratory.name],
  ]
  for (const [field, name] of names)
    if (name !== undefined && !readable(name)) reasons.push(reason('name-unreadable', { field }))
  if (statement.samples.length === 0) reasons.push(reason('samples-missing'))
  const unnamed = statement.samples.filter((s) => !readable(s.id) || !readable(s.serial)).length
  if (unnamed > 0) reasons.push(reason('sample-unnamed', { samples: unnamed }))
  return reasons
}

/** Null for what has no canonical form: a lone surrogate, a fraction. */
function digestOrNull(value: unknown): string | null {
  try {
    return digestOf(value)
  } catch {
    return null
  }
}

function notesOf({ report, statement, conclusion }: Candidate): Message[] {
  const { firmware } = statement.dut
  const earlier = report.run.sequence?.earlier.length ?? 0
  const notes: Message[] = []
  if (firmware.sha256 === undefined) notes.push(note('firmware-without-digest'))
  if (firmware.link === 'version-string-only') notes.push(note('firmware-by-version-only'))
  if (!report.run.sequence) notes.push(note('no-sequence'))
  if (earlier > 0) notes.push(note('earlier-runs', { runs: earlier }))
  if (!report.qualification) notes.push(note('not-qualified'))
  if (!report.bench.laboratory.accreditation) notes.push(note('not-accredited'))
  for (const other of report.verdicts.regulations)
    if (other !== conclusion && other.overall !== 'conforms')
      notes.push(note('other-regulation-fails', { regulation: printable(other.regulation), overall: other.overall }))
  return notes
}
