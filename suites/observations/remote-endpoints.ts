import { insecureService } from '../facts/insecure-services.ts'
import { serviceProtocol } from '../facts/service-protocol.ts'
import type { Known } from '../observation.ts'
import type { Service, Statement } from '../statement.ts'
import { addressesOf, endpointOf, endpointSubject } from '../subject.ts'
import { kind as services, type ServiceSeen } from './services.ts'

/** Protocols other than web and RTSP by which somebody may log in. A console is a port that greets with a prompt. */
export const REMOTE_PROTOCOLS = ['ssh', 'telnet', 'ftp', 'mqtt', 'console'] as const
export type RemoteProtocol = (typeof REMOTE_PROTOCOLS)[number]

export interface RemoteEndpoint {
  subject: string
  protocol: RemoteProtocol
  tls: boolean
  /** Id of the service declared at the port; null where none is. */
  service: string | null
  /** Where it was seen: the subject in `services` and the row; null where it is only declared. */
  seenAt: { subject: string; row: number } | null
}

const isRemote = (protocol: string): protocol is RemoteProtocol =>
  (REMOTE_PROTOCOLS as readonly string[]).includes(protocol)

/** What a declared service speaks, with or without TLS; null where it is none of these protocols. */
export function remoteProtocolOf(service: Service): { protocol: RemoteProtocol; tls: boolean } | null {
  if (service.transport !== 'tcp') return null
  if (service.protocol === 'mqtts') return { protocol: 'mqtt', tls: true }
  return isRemote(service.protocol) ? { protocol: service.protocol, tls: false } : null
}

/** What a port was found to speak; null where it is none of these protocols. */
function spokenAt(row: ServiceSeen): RemoteProtocol | null {
  const protocol = serviceProtocol(row)
  if (isRemote(protocol)) return protocol
  return ['shell', 'console'].includes(insecureService(row) ?? '') ? 'console' : null
}

/** Every declared endpoint of these protocols and every one that was found to speak one of them (rule 6). */
export function remoteEndpoints({ statement, seen }: Pick<Known, 'statement' | 'seen'>): RemoteEndpoint[] {
  const found = new Map<string, RemoteEndpoint>()
  for (const { sample, family } of addressesOf(statement))
    for (const service of statement.services) {
      const spoken = remoteProtocolOf(service)
      if (!spoken || !service.families.includes(family)) continue
      const subject = endpointSubject(sample, family, service.port)
      found.set(subject, { subject, ...spoken, service: service.id, seenAt: null })
    }
  for (const { subject: address, value } of seen(services))
    for (const [row, seenThere] of value.services.entries()) {
      const protocol = spokenAt(seenThere)
      if (!protocol) continue
      const subject = endpointSubject(endpointOf(address).sample, value.family, seenThere.port)
      const service = declaredAt(statement, seenThere.port)
      found.set(subject, { subject, protocol, tls: seenThere.tls, service, seenAt: { subject: address, row } })
    }
  return [...found.values()]
}

const declaredAt = (statement: Statement, port: number): string | null =>
  statement.services.find((s) => s.transport === 'tcp' && s.port === port)?.id ?? null
