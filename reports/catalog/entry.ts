import type { Candidate } from './admission.ts'
import { dateOf, lastDayOf, plusDays } from './dates.ts'
import type { Entry } from './events.ts'
import type { Settings } from './settings.ts'
import type { Standing } from './state.ts'

/** `2026-0001`: the year and the number of the admission in that year; `DEMO-` before it in a demo store. */
export function nextId(standings: readonly Standing[], year: string, demo: boolean): string {
  const prefix = `${demo ? 'DEMO-' : ''}${year}-`
  const last = standings
    .filter((s) => s.entry.id.startsWith(prefix))
    .reduce((n, s) => Math.max(n, Number(s.entry.id.slice(prefix.length))), 0)
  return `${prefix}${String(last + 1).padStart(4, '0')}`
}

/** The term in months, or the end of the regulation with its days of grace where that comes first. */
export function termOf(
  from: string,
  months: number,
  regulationEnds: string | null,
  graceDays: number,
): Pick<Entry, 'validUntil' | 'endsWith'> {
  const term = lastDayOf(from, months)
  const end = regulationEnds === null ? null : plusDays(regulationEnds, graceDays)
  return end !== null && end < term
    ? { validUntil: end, endsWith: 'regulation' }
    : { validUntil: term, endsWith: 'term' }
}

/** The entry that a candidate becomes. The regulation's own words come along, so that the entry can be read alone. */
export function entryOf(
  candidate: Candidate,
  made: { id: string; digest: string; manifest: string | null; signer: string; at: number; settings: Settings },
): Entry {
  const { report, statement, conclusion, regulation, accepted } = candidate
  const { dut, client } = statement
  const { laboratory } = report.bench
  const validFrom = dateOf(made.at)
  const titles = new Map(regulation.clauses.map((c) => [c.id, c.title]))
  return {
    id: made.id,
    vendor: dut.maker.name,
    brand: dut.brand ?? null,
    model: dut.model,
    hardware: dut.hardware,
    vendorAddress: dut.maker.address ?? null,
    origin: dut.maker.country ?? null,
    holder: client
      ? { name: client.name, address: client.address ?? null }
      : { name: dut.maker.name, address: dut.maker.address ?? null },
    firmware: { version: dut.firmware.version, sha256: dut.firmware.sha256 ?? null, link: dut.firmware.link },
    regulation: {
      id: regulation.id,
      edition: regulation.edition,
      digest: conclusion.digest,
      title: regulation.title,
      text: regulation.text === 'verified' ? 'verified' : 'own',
    },
    report: {
      digest: made.digest,
      manifest: made.manifest,
      run: report.run.id,
      startedAt: report.run.startedAt,
      endedAt: report.run.endedAt,
      number: report.run.sequence?.number ?? null,
      earlier: (report.run.sequence?.earlier ?? []).map(({ number, ended, overall }) => ({
        number,
        ended,
        // A ledger may hold a run that came to no conclusion.
        overall: overall || null,
      })),
    },
    tool: { version: report.tool.version, suiteDigest: report.tool.suiteDigest, suite: report.tool.suite },
    laboratory: {
      name: laboratory.name,
      address: laboratory.address,
      accreditation: laboratory.accreditation
        ? `${laboratory.accreditation.body} ${laboratory.accreditation.number}`
        : null,
    },
    signer: made.signer,
    samples: statement.samples.length,
    validFrom,
    ...termOf(validFrom, made.settings.validityMonths, regulation.validUntil, accepted.graceDays ?? 0),
    clauses: conclusion.clauses.map(({ clause, level, outcome }) => ({
      clause,
      level,
      outcome,
      title: titles.get(clause) ?? { en: clause, vi: clause },
    })),
    others: report.verdicts.regulations
      .filter((r) => r !== conclusion)
      .map(({ regulation: id, edition, overall, indicative }) => ({ id, edition, overall, indicative })),
  }
}
