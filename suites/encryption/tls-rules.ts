import { record, rows, verdictOf, type TlsVerdict } from './tls-catalogue.ts'

/** One row of a further section of the catalogue `tls`; members that are there must all hold. */
export interface TlsRule {
  id: string
  verdict: TlsVerdict
  /** Kind of key. */
  type?: string
  /** Digest of a signature. */
  hashes?: string[]
  /** Kind of group. */
  kinds?: string[]
  /** Size in bits that is enough. */
  below?: number
  /** Day as `20000101`. */
  before?: string
  days?: number
  /** Newest version that the endpoint accepts. */
  newest?: string[]
}

const MEMBERS = {
  keys: ['type', 'below'],
  signatures: ['hashes'],
  validity: ['before', 'days'],
  groups: ['kinds', 'below'],
  compression: [],
  renegotiation: [],
  downgrade: ['newest'],
} as const

/**
 * The rows of one section.
 * @throws TypeError on a row it does not understand: a rule passed over would be a false pass
 */
export function tlsRules(data: unknown, section: keyof typeof MEMBERS): TlsRule[] {
  return rows(record(data)[section]).map(({ id, verdict, reason: _reason, when, ...beside }) => {
    if (typeof id !== 'string') throw new TypeError('tls catalogue: id')
    const rule: TlsRule = { id, verdict: verdictOf(verdict) }
    for (const [key, value] of Object.entries({ ...beside, ...record(when ?? {}) })) {
      const known = (MEMBERS[section] as readonly string[]).includes(key)
      const texts = Array.isArray(value) && value.length > 0 && value.every((v) => typeof v === 'string') ? value : null
      if (known && texts && (key === 'hashes' || key === 'kinds' || key === 'newest')) rule[key] = texts
      else if (known && typeof value === 'number' && (key === 'below' || key === 'days')) rule[key] = value
      else if (known && typeof value === 'string' && (key === 'type' || key === 'before')) rule[key] = value
      else throw new TypeError(`tls catalogue: ${section} ${key}`)
    }
    return rule
  })
}

/** The rule of this id; one that is missing is a catalogue for another version of this suite. */
export function ruleNamed(rules: readonly TlsRule[], id: string): TlsRule {
  const found = rules.find((r) => r.id === id)
  if (!found) throw new TypeError(`tls catalogue: no ${id}`)
  return found
}

/** The first rule that fits a thing of this kind and size. */
export const ruleFitting = (
  rules: readonly TlsRule[],
  thing: { type?: string; hash?: string; kind?: string; bits?: number },
): TlsRule | null =>
  rules.find(
    (r) =>
      (r.type === undefined || r.type === thing.type) &&
      (r.hashes === undefined || r.hashes.includes(thing.hash ?? '')) &&
      (r.kinds === undefined || r.kinds.includes(thing.kind ?? '')) &&
      (r.below === undefined || (thing.bits !== undefined && thing.bits < r.below)),
  ) ?? null
