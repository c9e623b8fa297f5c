import { endpointsSpeaking, type SpeakingEndpoint, type Spoken } from '../../suites/observations/endpoints.ts'
import { isSpoken, loginsOver } from '../../suites/observations/log-ins.ts'
import type { Resource } from '../../suites/statement.ts'
import type { Bench, Credential } from '../probe.ts'

export interface Target {
  target: string
  source: 'declared' | 'elsewhere' | 'catalogue' | 'decoy'
  access: Resource['access'] | null
  holds: string
}

export const speakingAt = (bench: Bench, protocol: Spoken, subject: string): SpeakingEndpoint | null =>
  endpointsSpeaking(protocol, bench).find((e) => e.subject === subject) ?? null

/**
 * What to ask one endpoint for, each target once: what is declared there, what is declared at other services of the
 * protocol (the same files are often behind several ports), well-known paths, and decoys.
 */
export function targetsAt(
  bench: Bench,
  protocol: Spoken,
  endpoint: SpeakingEndpoint,
  catalogue: { target: string; holds: string }[],
  decoys: string[],
): Target[] {
  const { services, resources } = bench.statement
  const ids = new Set(services.filter((s) => isSpoken(s, protocol)).map((s) => s.id))
  const here = (r: Resource): boolean => r.service === endpoint.service
  const all: Target[] = [
    ...resources
      .filter(here)
      .map(({ target, access, holds }): Target => ({ target, source: 'declared', access, holds })),
    ...decoys.map((target): Target => ({ target, source: 'decoy', access: null, holds: 'decoy' })),
    ...resources
      .filter((r) => !here(r) && ids.has(r.service) && r.access === 'protected')
      .map(({ target, holds }): Target => ({ target, source: 'elsewhere', access: null, holds })),
    ...catalogue.map(({ target, holds }): Target => ({ target, source: 'catalogue', access: null, holds })),
  ]
  const once = new Map<string, Target>()
  for (const t of all) if (!once.has(t.target)) once.set(t.target, t)
  return [...once.values()]
}

/** The credential of a log-in at the endpoint, an administrator's first; null where no log-in is declared there. */
export function credentialAt(
  bench: Bench,
  protocol: Spoken,
  endpoint: SpeakingEndpoint,
): { credential: Credential; target: string } | null {
  const logins = loginsOver(bench.statement, protocol).filter((l) => l.service.id === endpoint.service)
  const chosen = logins.find((l) => l.account.role === 'administrator') ?? logins[0]
  return chosen ? { credential: bench.credential(chosen.account.id), target: chosen.login.target } : null
}
