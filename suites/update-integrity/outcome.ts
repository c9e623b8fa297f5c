import { gap, suspicion, violation, type Cite, type Finding } from '../criterion.ts'
import type { UpdateAttempt } from '../observations/update-refusal.ts'
import { changed } from './attempts.ts'
import { goneAway } from './gone-away.ts'

/** What one attempt shows against the device; nothing where it was refused. Padding that installs is only suspect. */
export function outcomeOf(a: UpdateAttempt, id: string, cite: Cite, isPadding = false): Finding[] {
  const { versionBefore, versionAfter } = a
  if (!a.cameBack && versionAfter.exchange.failure?.code === 'lab')
    return [gap('version-not-read', { variant: id }, [cite])]
  if (!a.cameBack) return [goneAway(a, { variant: id }, cite)]
  if (versionBefore.text === null || versionAfter.text === null)
    return [gap('version-not-read', { variant: id }, [cite])]
  if (!changed(a)) return []
  const values = { variant: id, before: versionBefore.text, after: versionAfter.text }
  return [(isPadding ? suspicion : violation)('installed', values, [cite])]
}
