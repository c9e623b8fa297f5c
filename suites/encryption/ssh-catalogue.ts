import type { SshNameList } from '../facts/ssh-packet.ts'

/** `noted` is allowed and shown. */
export type SshVerdict = 'forbidden' | 'noted' | 'allowed'
export const SSH_PARTS = ['kex', 'hostKey', 'cipher', 'mac', 'compression'] as const
export type SshPart = (typeof SSH_PARTS)[number]

export interface SshCatalogue {
  protocols: { version: string; verdict: SshVerdict }[]
  /** Names as in KEXINIT; one that ends in `*` stands for all that begin so. The first rule that fits counts. */
  rules: { id: string; of: SshPart; names: string[]; verdict: SshVerdict }[]
  leastRsaBits: number
}

/** The name-lists of KEXINIT that hold each part, for both directions. */
export const LISTS_OF: Record<SshPart, readonly SshNameList[]> = {
  kex: ['kex'],
  hostKey: ['hostKey'],
  cipher: ['cipherToServer', 'cipherToClient'],
  mac: ['macToServer', 'macToClient'],
  compression: ['compressionToServer', 'compressionToClient'],
}

/**
 * The rows of the catalogue `ssh`.
 * @throws TypeError on a row it does not understand: a rule passed over would be a false pass
 */
export function sshCatalogue(data: unknown): SshCatalogue {
  const { protocols, rules, leastRsaBits } = record(data)
  if (typeof leastRsaBits !== 'number') throw new TypeError('ssh catalogue: leastRsaBits')
  return {
    leastRsaBits,
    protocols: rows(protocols).map(({ version, verdict }) => ({ version: word(version), verdict: verdictOf(verdict) })),
    rules: rows(rules).map(({ id, of, names, verdict }) => {
      const part = SSH_PARTS.find((p) => p === of)
      if (!part || !Array.isArray(names)) throw new TypeError('ssh catalogue: rule')
      return { id: word(id), of: part, names: names.map(word), verdict: verdictOf(verdict) }
    }),
  }
}

/** The rule an algorithm falls under; null where the catalogue does not know it. */
export const sshRule = (of: SshPart, name: string, { rules }: SshCatalogue): SshCatalogue['rules'][number] | null =>
  rules.find(
    (r) => r.of === of && r.names.some((n) => (n.endsWith('*') ? name.startsWith(n.slice(0, -1)) : n === name)),
  ) ?? null

const verdictOf = (value: unknown): SshVerdict => {
  if (value === 'forbidden' || value === 'noted' || value === 'allowed') return value
  throw new TypeError('ssh catalogue: verdict')
}
const word = (value: unknown): string => {
  if (typeof value !== 'string' || value === '') throw new TypeError('ssh catalogue: word')
  return value
}
const record = (value: unknown): Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('ssh catalogue: row')
  return value as Record<string, unknown>
}
const rows = (value: unknown): Record<string, unknown>[] => {
  if (!Array.isArray(value) || value.length === 0) throw new TypeError('ssh catalogue: no rows')
  return value.map(record)
}
