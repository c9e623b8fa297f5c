import { suspicion, violation, type Cite, type Finding } from '../criterion.ts'
import type { UpdateAttempt } from '../observations/update-refusal.ts'

/** Silence is a dead device or a lost network; who refuses or breaks off a connection is there, and does not serve. */
export function goneAway({ versionAfter }: UpdateAttempt, values: Finding['message']['values'], cite: Cite): Finding {
  const isSilent = ['timeout', 'unreachable'].includes(versionAfter.exchange.failure?.code ?? '')
  return isSilent ? suspicion('went-silent', values, [cite]) : violation('did-not-come-back', values, [cite])
}
