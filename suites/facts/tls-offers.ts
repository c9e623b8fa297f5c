import type { TlsHello, TlsOffers } from '../observations/tls-offers.ts'
import { fromBase64 } from './bytes.ts'
import { tlsAnswerOf, TLS_VERSIONS, WIRE_VERSION, type TlsAnswer, type TlsVersion } from './tls-records.ts'

/** What one version of TLS comes to at an endpoint. `at` counts in `hellos`. */
export interface VersionOffer {
  version: TlsVersion
  accepted: { suite: number; at: number }[]
  /** Hellos whose refusal counts: said by the device, between two accepted controls. */
  refused: number[]
  /** Hellos that decide nothing: time-outs, resets, refusals outside the controls or for the length of a list. */
  undecided: number[]
  /** Suites asked for in this version, and those of them neither accepted nor refused. */
  asked: Set<number>
  open: Set<number>
}

export const suitesOf = (hex: string): number[] => (hex.match(/.{4}/g) ?? []).map((s) => Number.parseInt(s, 16))

/** Lists are long and looked at for every hello: each is read once. */
const read = new WeakMap<readonly string[], number[][]>()
function listOf({ lists }: Pick<TlsOffers, 'lists'>, { list }: TlsHello): number[] {
  const all = read.get(lists) ?? lists.map(suitesOf)
  read.set(lists, all)
  return all[list] ?? []
}

/** Suites that a hello offered. */
export function offeredBy(value: Pick<TlsOffers, 'lists'>, hello: TlsHello): number[] {
  const without = new Set(suitesOf(hello.without))
  return listOf(value, hello).filter((s) => !without.has(s))
}

export type Outcome = { is: 'accepted'; suite: number } | { is: 'refused' } | { is: 'undecided' }

/**
 * What the answer to one hello says of the version it offered. A ServerHello of an older version refuses the
 * one that was offered (RFC 5246 appendix E.1); so does a fatal alert or an orderly close. Everything else is open.
 */
export function outcomeOf(
  hello: Pick<TlsHello, 'version' | 'answer' | 'end' | 'failure'>,
  answer: TlsAnswer = tlsAnswerOf(fromBase64(hello.answer)),
): Outcome {
  if (answer.hello) {
    if (answer.hello.version === WIRE_VERSION[hello.version]) return { is: 'accepted', suite: answer.hello.suite }
    return { is: answer.hello.version < WIRE_VERSION[hello.version] ? 'refused' : 'undecided' }
  }
  if (answer.is === 'alert') return { is: 'refused' }
  const closed = hello.failure === null && hello.end === 'closed' && hello.answer === ''
  return { is: closed ? 'refused' : 'undecided' }
}

const PROTOCOL_VERSION = 70
/** So many suites every stack can read; some refuse longer lists with whatever they contain. */
const SHORT = 128

/**
 * Whether a refusal says nothing of what was offered, since the list may have been too long: no hello of this length was
 * read, and it was not the version that was refused (RFC 5246 section 7.2.2, an older ServerHello).
 */
export function isOfLength(value: Pick<TlsOffers, 'hellos' | 'lists'>, hello: TlsHello): boolean {
  const answer = tlsAnswerOf(fromBase64(hello.answer))
  if (answer.hello || answer.alert?.description === PROTOCOL_VERSION) return false
  const length = offeredBy(value, hello).length
  const isRead = (h: TlsHello) => h.version !== 'tls1.3' && tlsAnswerOf(fromBase64(h.answer)).hello !== null
  return length > SHORT && !value.hellos.some((h) => isRead(h) && offeredBy(value, h).length >= length)
}

const worked = new WeakMap<TlsOffers, VersionOffer[]>()

/** What was accepted and what was refused, for every version that was asked for; worked out once for one observation. */
export function versionOffers(value: TlsOffers): VersionOffer[] {
  const offers = worked.get(value) ?? workOut(value)
  worked.set(value, offers)
  return offers
}

function workOut(value: TlsOffers): VersionOffer[] {
  const outcomes = value.hellos.map((h) => outcomeOf(h))
  const { before, after } = value.control ?? { before: 0, after: 0 }
  const controlled = before < after && [before, after].every((i) => outcomes[i]?.is === 'accepted')
  return TLS_VERSIONS.map((version) => {
    const offer: VersionOffer = { version, accepted: [], refused: [], undecided: [], asked: new Set(), open: new Set() }
    const settled = new Set<number>()
    value.hellos.forEach((hello, at) => {
      if (hello.version !== version) return
      const offered = offeredBy(value, hello)
      for (const suite of listOf(value, hello)) offer.asked.add(suite)
      const outcome = outcomes[at] ?? { is: 'undecided' }
      if (outcome.is === 'accepted') {
        if (!offer.accepted.some((a) => a.suite === outcome.suite)) offer.accepted.push({ suite: outcome.suite, at })
        settled.add(outcome.suite)
      } else if (outcome.is === 'refused' && controlled && before < at && at < after && !isOfLength(value, hello)) {
        offer.refused.push(at)
        for (const suite of offered) settled.add(suite)
      } else offer.undecided.push(at)
    })
    offer.open = new Set([...offer.asked].filter((s) => !settled.has(s)))
    return offer
  })
}
