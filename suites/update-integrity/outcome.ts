import { gap, suspicion, violation, type Cite, type Finding } from '../criterion.ts'
import type { UpdateAttempt, UpdateRefusal } from '../observations/update-refusal.ts'
import { changed, changedOverPower } from './attempts.ts'
import { wasTaken } from '../facts/update-reach.ts'
import { goneAway } from './gone-away.ts'

/** What one attempt shows against the device; nothing where it was refused. Padding that installs is only suspect. */
export function outcomeOf(
  a: UpdateAttempt,
  id: string,
  cite: Cite,
  { power }: Pick<UpdateRefusal, 'power'>,
  isPadding = false,
): Finding[] {
  const { versionBefore, versionAfter } = a
  if (!a.cameBack && versionAfter.exchange.failure?.code === 'lab')
    return [gap('version-not-read', { variant: id }, [cite])]
  const severity = isPadding ? suspicion : violation
  if (!a.cameBack) {
    const values = { variant: id, ...changedOverPower(a) }
    const installed = 'after' in values ? [severity('installed', values, [cite])] : []
    return [goneAway(a, power, { variant: id }, cite), ...installed]
  }
  if (versionBefore.text === null || versionAfter.text === null)
    return [gap('version-not-read', { variant: id }, [cite])]
  if (!changed(a)) return []
  if (!wasTaken(a)) return [gap('changed-unfetched', { variant: id }, [cite])]
  const values = { variant: id, before: versionBefore.text, after: versionAfter.text }
  return [severity('installed', values, [cite])]
}
