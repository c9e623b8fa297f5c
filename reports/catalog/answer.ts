import { folded } from './names.ts'
import { statusOn, type CatalogState, type Standing, type Status } from './state.ts'

export interface Question {
  vendor: string
  model: string
  /** As the device shows it: compared character by character. */
  firmware: string
  /** Where hardware revisions of one model stand differently. */
  hardware?: string
}

/**
 * What the catalog says of a camera on a date. `other-firmware`: the product is listed with firmware that is approved, but
 * not this one. `hardware-differs`: the answer depends on the hardware revision, which was not asked for.
 */
export const ANSWERS = [
  'approved',
  'suspended',
  'withdrawn',
  'expired',
  'other-firmware',
  'hardware-differs',
  'not-listed',
] as const
export type AnswerKind = (typeof ANSWERS)[number]

export interface Answer {
  answer: AnswerKind
  asOf: string
  /** Entries the answer rests on: of this firmware, or with `other-firmware` those that are approved. */
  entries: { standing: Standing; status: Status }[]
}

/** Answers for one camera. Vendor may be the maker's name or the brand; names are compared folded. */
export function answer(state: CatalogState, question: Question, asOf: string): Answer {
  const product = state.standings.filter(
    ({ entry }) =>
      [entry.vendor, entry.brand].some((n) => n !== null && folded(n) === folded(question.vendor)) &&
      folded(entry.model) === folded(question.model) &&
      (question.hardware === undefined || folded(entry.hardware) === folded(question.hardware)),
  )
  const dated = product.map((standing) => ({ standing, status: statusOn(standing, asOf) }))
  const same = dated.filter(({ standing }) => standing.entry.firmware.version === question.firmware)
  if (same.length === 0) {
    const entries = dated.filter((d) => d.status === 'approved')
    return { answer: entries.length > 0 ? 'other-firmware' : 'not-listed', asOf, entries }
  }
  const revisions = new Map<string, typeof same>()
  for (const one of same) {
    const key = folded(one.standing.entry.vendor) + '\n' + folded(one.standing.entry.hardware)
    revisions.set(key, [...(revisions.get(key) ?? []), one])
  }
  const answers = new Set([...revisions.values()].map(statusOfRevision))
  const [only] = answers
  return { answer: answers.size === 1 && only ? only : 'hardware-differs', asOf, entries: same }
}

/** Where one revision is listed under several regulations: a withdrawal or suspension counts for all of them. */
const statusOfRevision = (entries: { status: Status }[]): Status =>
  (['withdrawn', 'suspended', 'approved'] as const).find((s) => entries.some((e) => e.status === s)) ?? 'expired'
