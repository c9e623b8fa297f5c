import type { Known } from '../observation.ts'
import { serviceProtocol } from '../facts/service-protocol.ts'
import { addressesOf, endpointOf, endpointSubject } from '../subject.ts'
import type { Statement } from '../statement.ts'
import { kind as services } from './services.ts'

export type Spoken = 'http' | 'rtsp'

/** One port of one address that speaks, or is declared to speak, a protocol. */
export interface SpeakingEndpoint {
  subject: string
  tls: boolean
  /** Id of the declared service; null where nothing is declared there. */
  service: string | null
}

/** Every declared endpoint of a protocol, and every other one that was found to speak it (rule 6). */
export function endpointsSpeaking(
  protocol: Spoken,
  { statement, seen }: Pick<Known, 'statement' | 'seen'>,
): SpeakingEndpoint[] {
  const found = new Map<string, SpeakingEndpoint>()
  for (const { sample, family } of addressesOf(statement))
    for (const s of statement.services)
      if (
        s.transport === 'tcp' &&
        (s.protocol === protocol || s.protocol === `${protocol}s`) &&
        s.families.includes(family)
      ) {
        const subject = endpointSubject(sample, family, s.port)
        found.set(subject, { subject, tls: s.protocol !== protocol, service: s.id })
      }
  for (const { subject: address, value } of seen(services)) {
    const { sample } = endpointOf(address)
    for (const row of value.services) {
      if (serviceProtocol(row) !== protocol) continue
      const subject = endpointSubject(sample, value.family, row.port)
      found.set(subject, { tls: row.tls, service: declaredAt(statement, row.port), subject })
    }
  }
  return [...found.values()]
}

/** The id of the TCP service declared at a port; a service also counts on a family it is not declared for. */
const declaredAt = (statement: Statement, port: number): string | null =>
  statement.services.find((s) => s.transport === 'tcp' && s.port === port)?.id ?? null
