import { readFileSync } from 'node:fs'
import type { ReportSource } from '../../reports/formats/source.ts'

/** A golden source of the report formats: `test/fixtures/report/<name>.json`. */
export function reportSource(name: 'official' | 'rehearsal'): ReportSource {
  const path = new URL(`../fixtures/report/${name}.json`, import.meta.url)
  const { objects, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as Omit<ReportSource, 'objects'> & {
    objects: Record<string, string>
  }
  return {
    ...rest,
    objects: (digest) =>
      objects[digest] === undefined ? null : new Uint8Array(Buffer.from(objects[digest], 'base64')),
  }
}

/** Text that tries to be markup, to run, or to change the reading order; it stands in the fixtures. */
export const HOSTILE = '</script><img src=x onerror=alert(1)>'

/** The same report with as many judgements, each with an observation of its own. */
export function largeSource(count: number): ReportSource {
  const source = reportSource('official')
  const { report } = source
  const [judgement] = report.verdicts.judgements
  const [observation] = source.observations
  if (!judgement || !observation) throw new Error('empty fixture')
  const subject = (i: number) => `a/ipv4/${String(i + 1).padStart(5, '0')}`
  const judgements = Array.from({ length: count }, (_, i) => ({
    ...judgement,
    subject: subject(i),
    findings: judgement.findings.map((f) => ({ ...f, cites: f.cites.map((c) => ({ ...c, subject: subject(i) })) })),
  }))
  const clauses = report.verdicts.regulations.map((r) => ({
    ...r,
    clauses: r.clauses.map((c) => ({ ...c, judgements: judgements.map((_, i) => i) })),
  }))
  return {
    ...source,
    report: { ...report, verdicts: { ...report.verdicts, judgements, regulations: clauses } },
    observations: judgements.map((j) => ({ ...observation, subject: j.subject })),
  }
}
