import type { Challenge } from '../facts/challenge.ts'

/** `noted` is allowed and shown. */
export type ChallengeVerdict = 'forbidden' | 'noted' | 'allowed'

/** A way to ask for a password. Members that are there must all hold. */
interface When {
  scheme?: 'basic' | 'digest'
  /** In upper case, without `-SESS`. */
  algorithms?: string[]
  /** The challenge offers `qop=auth`. */
  qop?: boolean
  transport?: 'clear' | 'tls'
  /** The same answer offers a strong challenge too, so that a client need not take this one. */
  besideStrong?: boolean
}
export interface ChallengeCatalogue {
  strong: { algorithms: string[] }
  /** The first row that fits counts. */
  rows: { id: string; when: When; verdict: ChallengeVerdict }[]
}

/** A challenge as the catalogue sees it. */
export interface Offer {
  scheme: string
  algorithm: string
  qop: boolean
}

/** What was offered, in the words of RFC 7616 section 3.3: MD5 where no algorithm is named. */
export const offerOf = ({ scheme, parameters }: Challenge): Offer => ({
  scheme,
  algorithm: scheme === 'digest' ? (parameters['algorithm'] ?? 'MD5').toUpperCase().replace(/-SESS$/, '') : '',
  qop: (parameters['qop'] ?? '').split(',').some((q) => q.trim().toLowerCase() === 'auth'),
})

/**
 * The rows of the catalogue `challenges`.
 * @throws TypeError on a row it does not understand: a rule passed over would be a false pass
 */
export function challengeCatalogue(data: unknown): ChallengeCatalogue {
  const { strong, rows } = record(data)
  if (!Array.isArray(rows) || rows.length === 0) throw new TypeError('challenges catalogue: no rows')
  return {
    strong: { algorithms: texts(record(strong)['algorithms']) },
    rows: rows.map(record).map(({ id, when, verdict }) => {
      if (typeof id !== 'string') throw new TypeError('challenges catalogue: id')
      if (verdict !== 'forbidden' && verdict !== 'noted' && verdict !== 'allowed')
        throw new TypeError('challenges catalogue: verdict')
      return { id, when: whenOf(record(when)), verdict }
    }),
  }
}

/** The row of one offer; `all` are the offers of the same answer. Null where the catalogue knows none. */
export function rowFor(
  offer: Offer,
  all: readonly Offer[],
  tls: boolean,
  { strong, rows }: ChallengeCatalogue,
): ChallengeCatalogue['rows'][number] | null {
  const isStrong = (o: Offer): boolean => o.scheme === 'digest' && o.qop && strong.algorithms.includes(o.algorithm)
  const besideStrong = all.some((o) => o !== offer && isStrong(o))
  return (
    rows.find(
      ({ when }) =>
        (when.scheme ?? offer.scheme) === offer.scheme &&
        (when.algorithms?.includes(offer.algorithm) ?? true) &&
        (when.qop ?? offer.qop) === offer.qop &&
        (when.transport ?? (tls ? 'tls' : 'clear')) === (tls ? 'tls' : 'clear') &&
        (when.besideStrong ?? besideStrong) === besideStrong,
    ) ?? null
  )
}

const record = (value: unknown): Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('challenges catalogue: row')
  return value as Record<string, unknown>
}

function texts(value: unknown): string[] {
  if (!Array.isArray(value) || !value.every((v) => typeof v === 'string'))
    throw new TypeError('challenges catalogue: algorithms')
  return value
}

function whenOf({ scheme, algorithms, qop, transport, besideStrong, ...other }: Record<string, unknown>): When {
  const unknown = Object.keys(other)[0]
  const isFlag = (v: unknown): v is boolean | undefined => v === undefined || typeof v === 'boolean'
  if (unknown !== undefined) throw new TypeError(`challenges catalogue: ${unknown}`)
  if (scheme !== 'basic' && scheme !== 'digest') throw new TypeError('challenges catalogue: scheme')
  if (transport !== undefined && transport !== 'clear' && transport !== 'tls')
    throw new TypeError('challenges catalogue: transport')
  if (!isFlag(qop) || !isFlag(besideStrong)) throw new TypeError('challenges catalogue: flag')
  return {
    scheme,
    ...(algorithms === undefined ? {} : { algorithms: texts(algorithms) }),
    ...(qop === undefined ? {} : { qop }),
    ...(transport === undefined ? {} : { transport }),
    ...(besideStrong === undefined ? {} : { besideStrong }),
  }
}
