import type { TlsHandshakes } from '../observations/tls-handshakes.ts'
import { fromBase64 } from './bytes.ts'
import { clientHelloOf, type ClientHello } from './tls-client-hello.ts'
import { outcomeOf, type Outcome } from './tls-offers.ts'
import { GROUPS } from './tls-groups.ts'
import { tlsAnswerOf, TLS_VERSIONS, type TlsAnswer, type TlsVersion } from './tls-records.ts'
import { suiteById } from './tls-suites.ts'
import { certificateOf } from './x509.ts'

/** TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 section 3.3). */
const RENEGOTIATION = 0x00ff
/** RFC 8446 section 4.2. */
const COOKIE = 44
const KEY_SHARE = 51

/** One hello and what it came to. `at` counts in `hellos`. */
export interface Shake {
  at: number
  asked: ClientHello
  answer: TlsAnswer
  /** A refusal outside two accepted controls is undecided. */
  outcome: Outcome
  /** A version and suite were chosen, but none of the groups that were offered: see `namesNoGroup`. */
  groupless: boolean
}

/** Every hello that can be read as it was sent, with the outcome as far as the controls carry it. */
export function shakesOf(value: TlsHandshakes): Shake[] {
  const all = value.hellos.flatMap((hello, at): Shake[] => {
    const asked = clientHelloOf(fromBase64(hello.sent))
    if (!asked) return []
    const answer = tlsAnswerOf(fromBase64(hello.answer))
    const outcome = outcomeOf({ ...hello, version: asked.version }, answer)
    return [{ at, asked, answer, outcome, groupless: namesNoGroup(hello, answer) }]
  })
  const { before, after } = value.control ?? { before: 0, after: 0 }
  const held = (at: number) => all.some((s) => s.at === at && s.outcome.is === 'accepted')
  const controlled = before < after && held(before) && held(after)
  return all.map((s) => {
    if (controlled && before < s.at && s.at < after) return s
    return { ...s, outcome: s.outcome.is === 'refused' ? { is: 'undecided' } : s.outcome, groupless: false }
  })
}

/**
 * Some stacks find out late that no group fits. In TLS 1.3 they ask for another hello without saying what to change in it,
 * which a client must not answer (RFC 8446 section 4.1.4; a cookie would be a change); before, they end the handshake
 * where the ServerKeyExchange should come.
 */
function namesNoGroup({ end, failure }: TlsHandshakes['hellos'][number], answer: TlsAnswer): boolean {
  const { hello, alert, doneAt } = answer
  if (!hello || exchangeOf(hello.suite) !== 'groups' || groupIn(answer) !== null) return false
  if (hello.retry) return !hello.extensions.includes(KEY_SHARE) && !hello.extensions.includes(COOKIE)
  return !suiteById(hello.suite)?.tls13 && doneAt === null && failure === null && (alert !== null || end === 'closed')
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

/** What the hellos brought whose suites all need a group, by version. */
export function groupOffers(shakes: readonly Shake[]): GroupOffer[] {
  const asking = shakes.filter(
    ({ asked }) =>
      !asked.fallback &&
      asked.compressions.every((c) => c === 0) &&
      asked.suites.every((n) => n === RENEGOTIATION || exchangeOf(n) === 'groups'),
  )
  return TLS_VERSIONS.flatMap((version) => {
    const own = asking.filter((s) => s.asked.version === version)
    if (own.length === 0) return []
    const offer: GroupOffer = { version, accepted: [], refused: [], undecided: [], open: new Set() }
    const settled = new Set<number>()
    for (const s of own) {
      const chosen = groupIn(s.answer)
      if (s.outcome.is === 'accepted' && chosen !== null) {
        if (!offer.accepted.some((a) => a.group === chosen)) offer.accepted.push({ group: chosen, at: s.at })
        settled.add(chosen)
        // Who takes a group that was not offered does not take those that were.
        if (!s.asked.groups.includes(chosen)) for (const g of s.asked.groups) settled.add(g)
      } else if ((s.outcome.is === 'refused' || s.groupless) && isOfGroups(s, own)) {
        offer.refused.push(s.at)
        for (const g of s.asked.groups) settled.add(g)
      } else offer.undecided.push(s.at)
    }
    offer.open = new Set(own.flatMap((s) => s.asked.groups).filter((g) => !settled.has(g)))
    return [offer]
  })
}

/**
 * Whether a refusal is one of the groups: the same suites were accepted with others. Where the server's own key lies on
 * a curve that was left out, it refuses for want of that (RFC 8422 section 5.1); then it must have chosen that curve
 * before, as the last choice, when all the others were there.
 */
function isOfGroups({ asked }: Shake, all: readonly Shake[]): boolean {
  const suites = asked.suites.join()
  const accepted = all.filter((s) => s.outcome.is === 'accepted' && !s.groupless && s.asked.suites.join() === suites)
  const own = accepted.map((s) => ownCurve(s.answer)).find((g) => g !== null) ?? null
  if (own === null || asked.groups.includes(own)) return accepted.length > 0
  return accepted.some(
    (s) =>
      groupIn(s.answer) === own &&
      s.asked.groups.at(-1) === own &&
      asked.groups.every((g) => s.asked.groups.includes(g)),
  )
}

/** The group that is the curve of the server's own key, where its certificate was sent. */
export function ownCurve({ chain }: TlsAnswer): number | null {
  const curve = certificateOf(chain?.[0] ?? new Uint8Array())?.key.curve ?? ''
  return GROUPS.find((g) => g.name === curve)?.id ?? null
}

/** The group of a HelloRetryRequest or ServerKeyExchange. */
export function groupIn({ hello, keyExchange }: TlsAnswer): number | null {
  if (hello?.group != null) return hello.group
  return keyExchange && 'group' in keyExchange ? keyExchange.group : null
}

/** Sizes of the primes that were used with finite-field exchange before TLS 1.3. */
export const primesOf = (shakes: readonly Shake[]): { bits: number; version: TlsVersion; at: number }[] =>
  shakes.flatMap(({ asked, answer, at }) =>
    answer.hello &&
    exchangeOf(answer.hello.suite) === 'prime' &&
    answer.keyExchange &&
    'primeBits' in answer.keyExchange
      ? [{ bits: answer.keyExchange.primeBits, version: asked.version, at }]
      : [],
  )

/** Hellos for a prime that brought none, though nobody refused them. */
export const primesUnseen = (shakes: readonly Shake[]): number[] =>
  shakes
    .filter(
      ({ asked, answer, outcome }) =>
        outcome.is !== 'refused' &&
        answer.keyExchange === null &&
        asked.suites.every((n) => n === RENEGOTIATION || exchangeOf(n) === 'prime'),
    )
    .map(({ at }) => at)
