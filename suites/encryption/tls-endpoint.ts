import { evidence, gap, violation, type Cite, type Finding, type JudgeContext } from '../criterion.ts'
import { startsTls } from '../facts/service-protocol.ts'
import { versionOffers, type VersionOffer } from '../facts/tls-offers.ts'
import type { Answered, ObservationKind } from '../observation.ts'
import { kind as services } from '../observations/services.ts'
import { kind as tlsHandshakes, type TlsHandshakes } from '../observations/tls-handshakes.ts'
import { kind as tlsOffers, type TlsOffers } from '../observations/tls-offers.ts'
import { obj } from '../schema.ts'
import { addressSubject, endpointOf } from '../subject.ts'
import { appliesWhereTls, undeclaredTls } from './tls-catalogue.ts'
import type { TlsRule } from './tls-rules.ts'

const everyTls = {
  area: 'encryption',
  states: ['factory-fresh', 'in-service'],
  parameters: obj({}),
  catalogues: ['tls'],
  applies: appliesWhereTls,
} as const

type Judging<T> = (seen: Answered<T>, context: Context) => Finding[]
type Context = JudgeContext<Record<string, never>>

/** What all criteria over the offers of a TLS endpoint have in common. */
export const overOffers = (judge: Judging<TlsOffers>) => ({
  ...everyTls,
  over: tlsOffers,
  also: [services],
  judge,
  contradicts: (context: Context) => [...undeclaredTls(context), ...startedTls(tlsOffers, judge, context)],
})
/** What all criteria over its handshakes have in common. */
export const overHandshakes = (judge: Judging<TlsHandshakes>) => ({
  ...everyTls,
  over: tlsHandshakes,
  also: [services, tlsOffers],
  judge,
  contradicts: (context: Context) => [...undeclaredTls(context), ...startedTls(tlsHandshakes, judge, context)],
})

/** Who declares FTP has not said that there is no TLS in it: what it offers there is judged, and is no contradiction. */
const startedTls = <T>(kind: ObservationKind<T>, judge: Judging<T>, context: Context): Finding[] =>
  context.others(kind).flatMap(({ subject, seen, cite }) => {
    const { sample, family, port } = endpointOf(subject)
    const found = context.others(services).find((o) => o.subject === addressSubject(sample, family))
    if (!found?.seen.answered || !found.seen.value.services.some((s) => s.port === port && startsTls(s))) return []
    return seen.answered ? judge(seen, { ...context, subject, cite }) : [gap(seen.why.code, seen.why.values, [])]
  })

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
