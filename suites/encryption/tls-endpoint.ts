import { evidence, violation, type Cite, type Finding, type JudgeContext } from '../criterion.ts'
import { versionOffers, type VersionOffer } from '../facts/tls-offers.ts'
import { kind as services } from '../observations/services.ts'
import { kind as tlsHandshakes } from '../observations/tls-handshakes.ts'
import { kind as tlsOffers } from '../observations/tls-offers.ts'
import { obj } from '../schema.ts'
import { appliesWhereTls, undeclaredTls } from './tls-catalogue.ts'
import type { TlsRule } from './tls-rules.ts'

const everyTls = {
  area: 'encryption',
  states: ['factory-fresh', 'in-service'],
  parameters: obj({}),
  catalogues: ['tls'],
  applies: appliesWhereTls,
  contradicts: undeclaredTls,
} as const
/** What all criteria over the offers of a TLS endpoint have in common. */
export const overOffers = { ...everyTls, over: tlsOffers, also: [services] }
/** What all criteria over its handshakes have in common. */
export const overHandshakes = { ...everyTls, over: tlsHandshakes, also: [services, tlsOffers] }

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

/** A violation where the catalogue forbids it, else evidence that is shown. */
export const byRule = ({ id, verdict }: TlsRule, values: Record<string, string | number>, cites: Cite[]): Finding =>
  (verdict === 'forbidden' ? violation : evidence)(id, values, cites)
