import type { TlsHandshakes } from '../observations/tls-handshakes.ts'
import { fromBase64 } from './bytes.ts'
import { clientHelloOf, type ClientHello } from './tls-client-hello.ts'
import { outcomeOf, type Outcome } from './tls-offers.ts'
import { tlsAnswerOf, type TlsAnswer, type TlsVersion } from './tls-records.ts'
import { suiteById } from './tls-suites.ts'

/** One hello and what it came to. `at` counts in `hellos`. */
export interface Shake {
  at: number
  asked: ClientHello
  answer: TlsAnswer
  /** A refusal outside two accepted controls is undecided. */
  outcome: Outcome
}

/** Every hello that can be read as it was sent, with the outcome as far as the controls carry it. */
export function shakesOf(value: TlsHandshakes): Shake[] {
  const all = value.hellos.flatMap((hello, at): Shake[] => {
    const asked = clientHelloOf(fromBase64(hello.sent))
    if (!asked) return []
    const answer = tlsAnswerOf(fromBase64(hello.answer))
    return [{ at, asked, answer, outcome: outcomeOf({ ...hello, version: asked.version }, answer) }]
  })
  const { before, after } = value.control ?? { before: 0, after: 0 }
  const held = (at: number) => all.some((s) => s.at === at && s.outcome.is === 'accepted')
  const controlled = before < after && held(before) && held(after)
  return all.map((s) => {
    const counts = s.outcome.is !== 'refused' || (controlled && before < s.at && s.at < after)
    return counts ? s : { ...s, outcome: { is: 'undecided' } }
  })
}

/** What a suite agrees on a key with, as far as it can be read from a handshake. */
export function exchangeOf(suite: number): 'groups' | 'prime' | 'none' | 'unread' {
  const { keyExchange = '', tls13 = false, exportGrade = false, forwardSecrecy = true } = suiteById(suite) ?? {}
  if (tls13 || /^(ECDHE_RSA|ECDHE_ECDSA|ECDH_anon)$/.test(keyExchange)) return 'groups'
  if (/^(DHE_RSA|DHE_DSS|DH_anon)$/.test(keyExchange) && !exportGrade) return 'prime'
  return forwardSecrecy && !exportGrade ? 'unread' : 'none'
}

/** Which kind of certificate a suite before TLS 1.3 needs (RFC 5246 section 7.4.2, RFC 8422 section 2); null: none. */
export function certificateKind(suite: number): string | null {
  const { keyExchange = '' } = suiteById(suite) ?? {}
  if (/^(RSA|RSA_FIPS|RSA_PSK|DHE_RSA|ECDHE_RSA|SRP_SHA_RSA)$/.test(keyExchange)) return 'RSA'
  if (/ECDSA$|^ECDH_RSA$/.test(keyExchange)) return 'EC'
  if (/^(DHE_DSS|SRP_SHA_DSS)$/.test(keyExchange)) return 'DSA'
  return /^DH_(RSA|DSS)$|^GOST/.test(keyExchange) || keyExchange === '' ? 'other' : null
}

/** Groups that one version accepts for key exchange. */
export interface GroupOffer {
  version: TlsVersion
  accepted: { group: number; at: number }[]
  refused: number[]
  undecided: number[]
  /** Asked for and neither accepted nor refused. */
  open: Set<number>
}

/** What the hellos that asked for groups brought, by version; a hello counts when all its suites need a group. */
export function groupOffers(shakes: readonly Shake[]): GroupOffer[] {
  const offers = new Map<TlsVersion, GroupOffer>()
  const settled = new Set<string>()
  const suitesOnly = (s: Shake) => s.asked.suites.filter((n) => n !== 0x00ff)
  for (const s of shakes) {
    if (s.asked.fallback || suitesOnly(s).some((n) => exchangeOf(n) !== 'groups')) continue
    const { version, groups } = s.asked
    const offer = offers.get(version) ?? { version, accepted: [], refused: [], undecided: [], open: new Set() }
    offers.set(version, offer)
    const settle = (group: number) => settled.add(`${version} ${group}`)
    const chosen = groupIn(s.answer)
    if (s.outcome.is === 'accepted' && chosen !== null) {
      if (!offer.accepted.some((a) => a.group === chosen)) offer.accepted.push({ group: chosen, at: s.at })
      settle(chosen)
      // Who takes a group that was not offered does not take those that were.
      if (!groups.includes(chosen)) groups.forEach(settle)
    } else if (s.outcome.is === 'refused') {
      offer.refused.push(s.at)
      groups.forEach(settle)
    } else offer.undecided.push(s.at)
    for (const group of groups) offer.open.add(group)
  }
  for (const offer of offers.values())
    for (const group of [...offer.open]) if (settled.has(`${offer.version} ${group}`)) offer.open.delete(group)
  return [...offers.values()]
}

/** The group of a HelloRetryRequest or ServerKeyExchange. */
export function groupIn({ hello, keyExchange }: TlsAnswer): number | null {
  if (hello?.group != null) return hello.group
  return keyExchange && 'group' in keyExchange ? keyExchange.group : null
}

/** Sizes of the primes that were used with finite-field exchange before TLS 1.3. */
export const primesOf = (shakes: readonly Shake[]): { bits: number; at: number }[] =>
  shakes.flatMap(({ answer, at }) =>
    answer.hello &&
    exchangeOf(answer.hello.suite) === 'prime' &&
    answer.keyExchange &&
    'primeBits' in answer.keyExchange
      ? [{ bits: answer.keyExchange.primeBits, at }]
      : [],
  )
