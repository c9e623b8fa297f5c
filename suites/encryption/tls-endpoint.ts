import { evidence, gap, violation, type Cite, type Finding, type JudgeContext } from '../criterion.ts'
import { versionOffers, type VersionOffer } from '../facts/tls-offers.ts'
import { kind as tlsOffers } from '../observations/tls-offers.ts'
import type { TlsRule } from './tls-rules.ts'

/** What is known of the versions of the endpoint that is judged, from the observation of its offers. */
export interface Offers {
  offers: VersionOffer[]
  /** Accepted versions, oldest first. */
  accepted: VersionOffer[]
  /** A version before TLS 1.3 may be accepted without having been seen. */
  olderUnknown: boolean
  cite(pointer: string): Cite
}

/** The offers of the same endpoint; null where they were not observed. */
export function offersOf({ others, subject }: Pick<JudgeContext<unknown>, 'others' | 'subject'>): Offers | null {
  const own = others(tlsOffers).find((o) => o.subject === subject)
  if (!own?.seen.answered) return null
  const offers = versionOffers(own.seen.value)
  return {
    offers,
    accepted: offers.filter((o) => o.accepted.length > 0),
    olderUnknown: offers.some((o) => o.version !== 'tls1.3' && !isDecided(o)),
    cite: own.cite,
  }
}

/** Accepted, or refused with every suite that was asked for. */
export const isDecided = (o: VersionOffer): boolean => o.accepted.length > 0 || (o.asked.size > 0 && o.open.size === 0)

/** What only versions before TLS 1.3 have: it is absent where TLS 1.3 alone is accepted and the others are refused. */
export function absentIn13(code: string, port: number, { offers, olderUnknown, cite }: Offers): Finding {
  const hellos = (at: number[]) => at.map((i) => cite(`/hellos/${i}`))
  if (olderUnknown) return gap('older-undecided', { port }, [cite('/hellos')])
  const cites = offers.flatMap((o) => [...hellos(o.refused), ...hellos(o.accepted.slice(0, 1).map((a) => a.at))])
  return evidence(code, { port }, cites)
}

/** A violation where the catalogue forbids it, else evidence that is shown. */
export const byRule = ({ id, verdict }: TlsRule, values: Record<string, string | number>, cites: Cite[]): Finding =>
  (verdict === 'forbidden' ? violation : evidence)(id, values, cites)
