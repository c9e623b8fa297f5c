import { certificateKind, exchangeOf } from '../../suites/facts/tls-handshakes.ts'
import { CLASSIC_GROUPS, GROUPS } from '../../suites/facts/tls-groups.ts'
import { versionOffers } from '../../suites/facts/tls-offers.ts'
import type { TlsVersion } from '../../suites/facts/tls-records.ts'
import { suiteById } from '../../suites/facts/tls-suites.ts'
import type { TlsOffers } from '../../suites/observations/tls-offers.ts'
import type { HelloContent } from '../instruments/tls-hello.ts'

/** What one hello asks for. */
export interface Ask extends Pick<HelloContent, 'suites' | 'compressions' | 'fallback'> {
  version: TlsVersion
  groups: readonly number[]
  /** Again without the group that was chosen, until the rest is refused. */
  eliminate?: boolean
}

const NEW_GROUPS = GROUPS.map((g) => g.id)
/** DEFLATE and LZS (RFC 3749, 3943). */
const COMPRESSIONS = [1, 64]

/** Accepted suites of a version that are wanted; the newest version before TLS 1.3 that has any comes first. */
const classic = (offers: TlsOffers, wanted: (suite: number) => boolean): Ask[] =>
  versionOffers(offers)
    .filter((o) => o.version !== 'tls1.3')
    .reverse()
    .map(({ version, accepted }) => ({
      version,
      suites: accepted.map((a) => a.suite).filter(wanted),
      groups: CLASSIC_GROUPS,
    }))
    .filter((a) => a.suites.length > 0)
    .slice(0, 1)

/** Where groups are chosen: before TLS 1.3, and in it. */
const forGroups = (offers: TlsOffers): Ask[] => {
  const suites =
    versionOffers(offers)
      .find((o) => o.version === 'tls1.3')
      ?.accepted.map((a) => a.suite) ?? []
  return [
    ...classic(offers, (s) => exchangeOf(s) === 'groups'),
    ...(suites.length > 0 ? [{ version: 'tls1.3' as const, suites, groups: NEW_GROUPS }] : []),
  ].map((ask) => ({ ...ask, eliminate: true }))
}

/** The hello that begins and is the control; null where the endpoint accepts nothing. */
export const firstAsk = (offers: TlsOffers): Ask | null =>
  [...forGroups(offers), ...classic(offers, () => true)][0] ?? null

/** All others, once the first was answered with `suite`: what it has shown is not asked for again. */
export function asksAfter(offers: TlsOffers, first: Ask, suite: number | null): Ask[] {
  const primes = classic(offers, (s) => exchangeOf(s) === 'prime').flatMap(byPrime)
  const shown = [suite, ...primes.map((a) => a.suites[0] ?? null)].map((n) => (n === null ? null : certificateKind(n)))
  const kinds = ['EC', 'RSA', 'DSA', 'other'].filter((k) => !shown.includes(k))
  return [
    ...forGroups(offers).filter((a) => a.version !== first.version),
    ...primes,
    ...kinds.flatMap((k) => classic(offers, (s) => certificateKind(s) === k)),
    ...classic(offers, () => true).map((ask) => ({ ...ask, compressions: COMPRESSIONS })),
    ...fallback(offers),
  ]
}

/** Some servers choose the prime by the key of their certificate, or by that of the cipher where they show none. */
function byPrime(ask: Ask): Ask[] {
  const classes = new Map<string, number[]>()
  for (const n of ask.suites) {
    const key = `${certificateKind(n) ?? ''} ${/256|CHACHA20/.test(suiteById(n)?.cipher ?? '')}`
    classes.set(key, [...(classes.get(key) ?? []), n])
  }
  return [...classes.values()].map((suites) => ({ ...ask, suites }))
}

/** The second newest accepted version, as if the newest had failed (RFC 7507 section 4). */
function fallback(offers: TlsOffers): Ask[] {
  const older = versionOffers(offers)
    .filter((o) => o.accepted.length > 0)
    .at(-2)
  const groups = CLASSIC_GROUPS
  return older ? [{ version: older.version, suites: older.accepted.map((a) => a.suite), groups, fallback: true }] : []
}
