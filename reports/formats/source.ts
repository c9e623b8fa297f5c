import { keyOf } from '../../suites/observation.ts'
import type { Cite } from '../../suites/criterion.ts'
import type { Regulation } from '../../suites/regulation.ts'
import type { Statement } from '../../suites/statement.ts'
import type { Comparison } from '../compare.ts'
import type { RenderedObservation, Report } from '../report.ts'

/** All that a format is computed from. No format reads a clock: the same source gives the same bytes. */
export interface ReportSource {
  report: Report
  statement: Statement
  regulations: Regulation[]
  observations: RenderedObservation[]
  /** Content of a stored object by its digest; null where this copy does not hold it. */
  objects(digest: string): Uint8Array | null
  /** What changed since an earlier report, where one was named. */
  comparison?: Comparison
}

export type JudgementRecord = Report['verdicts']['judgements'][number]
export type FindingRecord = JudgementRecord['findings'][number]
export type RegulationRecord = Report['verdicts']['regulations'][number]
export type ClauseRecord = RegulationRecord['clauses'][number]

/** Worst first: what a reader looks for. */
export const VERDICT_ORDER = ['fail', 'inconclusive', 'pass', 'not-applicable'] as const

export const bySeverity = (a: JudgementRecord, b: JudgementRecord): number =>
  VERDICT_ORDER.indexOf(a.verdict) - VERDICT_ORDER.indexOf(b.verdict)

export interface EvidencePart {
  /** RFC 6901 pointer. */
  at: string
  judgements: number[]
  /** Cited by a violation, a suspicion or a gap: what a reader looks for first. */
  against: boolean
}

/** One observation that findings cite, the parts cited, and the judgements that cite each part. */
export interface EvidenceEntry {
  cite: Cite
  observation: RenderedObservation | null
  parts: EvidencePart[]
}

export interface EvidenceIndex {
  entries: EvidenceEntry[]
  /** Fragment of a cited part: `e3-1`; of the whole observation or of the remark on the rest beyond the limits. */
  anchor(cite: Cite): string
}

/** Observations that a page names at all, and parts of one that it shows. */
export const MOST_ENTRIES = 2000
export const MOST_PARTS = 40

/** Cited observations, the evidence of the worst judgements first. */
export function citedEvidence({ report, observations }: ReportSource): EvidenceIndex {
  const byKey = new Map(observations.map((o) => [keyOf(o), o]))
  const entries = new Map<string, EvidenceEntry & { number: number }>()
  const order = report.verdicts.judgements.map((judgement, index) => ({ judgement, index }))
  order.sort((a, b) => bySeverity(a.judgement, b.judgement) || a.index - b.index)
  for (const { judgement, index } of order)
    for (const { cite, against } of judgement.findings.flatMap((f) =>
      f.cites.map((cite) => ({ cite, against: f.is !== 'evidence' })),
    )) {
      const key = keyOf(cite)
      const entry = entries.get(key) ?? { number: entries.size, cite, observation: byKey.get(key) ?? null, parts: [] }
      entries.set(key, entry)
      const part = entry.parts.find((p) => p.at === cite.at)
      if (!part) entry.parts.push({ at: cite.at, judgements: [index], against })
      else {
        if (!part.judgements.includes(index)) part.judgements.push(index)
        part.against ||= against
      }
    }
  return {
    entries: [...entries.values()],
    anchor: (cite) => {
      const entry = entries.get(keyOf(cite))
      if (!entry || entry.number >= MOST_ENTRIES) return 'evidence-rest'
      const part = entry.parts.findIndex((p) => p.at === cite.at)
      return part < MOST_PARTS ? `e${entry.number}-${part}` : `e${entry.number}`
    },
  }
}

/** `answered` and its members, read from a stored observation that may be older than this version. */
export interface SeenRecord {
  answered: boolean
  value: unknown
  cause: string | null
  why: { code: string; values: Record<string, string | number> } | null
  controls: { id: string; ok: boolean; about: { code: string; values: Record<string, string | number> } | null }[]
  artifacts: { digest: string; bytes: number; mediaType: string; disclosure: string; name: string }[]
}

export function seenOf(seen: unknown): SeenRecord {
  const s = isRecord(seen) ? seen : {}
  return {
    answered: s['answered'] === true,
    value: s['answered'] === true ? s['value'] : s['partial'],
    cause: typeof s['cause'] === 'string' ? s['cause'] : null,
    why: messageOf(s['why']),
    controls: listOf(s['controls']).map((c) => ({
      id: String(c['id']),
      ok: c['ok'] === true,
      about: messageOf(c['about']),
    })),
    artifacts: listOf(s['artifacts']).map((a) => ({
      digest: String(a['digest']),
      bytes: Number(a['bytes']),
      mediaType: String(a['mediaType']),
      disclosure: String(a['disclosure']),
      name: String(a['name']),
    })),
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listOf = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isRecord) : [])

function messageOf(value: unknown): SeenRecord['why'] {
  if (!isRecord(value) || typeof value['code'] !== 'string' || !isRecord(value['values'])) return null
  return { code: value['code'], values: value['values'] as Record<string, string | number> }
}

/** RFC 6901 section 4; undefined where the pointer leads nowhere. */
export function resolve(value: unknown, pointer: string): { value: unknown } | null {
  let at = value
  for (const token of tokensOf(pointer)) {
    if (Array.isArray(at) && /^(0|[1-9][0-9]*)$/.test(token)) at = at[Number(token)]
    else if (isRecord(at) && Object.hasOwn(at, token)) at = at[token]
    else return null
    if (at === undefined) return null
  }
  return { value: at }
}

export const tokensOf = (pointer: string): string[] =>
  pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map((t) => t.replace(/~1/g, '/').replace(/~0/g, '~'))

/** Every clause that a judgement was taken for. */
export function clausesOf(judgement: JudgementRecord, { verdicts }: Report): { regulation: string; clause: string }[] {
  const demanded = verdicts.demand.find(
    (d) => d.criterion === judgement.criterion && d.parametersDigest === judgement.parametersDigest,
  )
  return demanded?.askedBy ?? []
}

/** The regulation file of an outcome; null where the copy does not hold it. */
export const regulationOf = (source: ReportSource, outcome: RegulationRecord): Regulation | null =>
  source.regulations.find((r) => r.id === outcome.regulation && r.edition === outcome.edition) ?? null
