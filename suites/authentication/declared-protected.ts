import type { Spoken } from '../observations/endpoints.ts'
import type { Statement } from '../statement.ts'

/**
 * Whether the statement names anything that must be protected over a protocol. Where it does not, the well-known paths
 * say nothing of the device's own: nothing was looked at that is known to need a log-in.
 */
export function declaresProtected({ services, resources }: Statement, protocol: Spoken): boolean {
  const speaking = new Set(services.filter((s) => s.protocol.startsWith(protocol)).map((s) => s.id))
  return resources.some((r) => r.access === 'protected' && speaking.has(r.service))
}
