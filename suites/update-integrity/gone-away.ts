import { suspicion, violation, type Cite, type Finding } from '../criterion.ts'
import { isSilent } from '../facts/answer.ts'
import { isDead, wasOff } from '../facts/power.ts'
import type { Look } from '../observations/power.ts'
import type { UpdateAttempt, UpdateRefusal } from '../observations/update-refusal.ts'

type Before = UpdateRefusal['power']

/**
 * Silence is a dead device or a lost network, also where a proxy speaks of it; who refuses or breaks off a connection is there, and does not serve. A
 * second look with the power cut decides only where the switch port was shown to feed this very unit, had its link, and
 * no ban of the lab's address explains the silence.
 */
export function goneAway(
  attempt: UpdateAttempt,
  before: Before,
  values: Finding['message']['values'],
  cite: Cite,
): Finding {
  if (!isSilent(attempt.versionAfter.exchange)) return violation('did-not-come-back', values, [cite])
  const { silence } = attempt
  if (!silence) return suspicion('went-silent', values, [cite])
  const at = (pointer: string): Cite => ({ ...cite, at: pointer })
  const cites = [at(`${cite.at}/silence`), ...(before ? [at('/power')] : [])]
  const { cycle, look, after } = silence
  if (cycle === null)
    return suspicion(silence.version?.text ? 'silent-for-long' : 'went-silent', values, [cite, ...cites])
  if (cycle.cameBack)
    return isHung(before, look) && cycle.off.port !== null && isDead(cycle.off.port)
      ? violation('hung', values, cites)
      : suspicion('back-after-power', values, cites)
  const isOver = cycle.by === 'poe' && wasOff(cycle) && cycle.on.switched && after !== null && isHung(before, after)
  return (isOver ? violation : suspicion)(isOver ? 'dead' : 'silent-after-power', values, cites)
}

/** Power goes out and the link is there, on the port that a power cycle before showed to be this unit's, and it is silent. */
const isHung = (before: Before, look: Look): boolean =>
  before !== undefined &&
  feedsIt(before) &&
  look.port?.link === 'up' &&
  look.port.detection === 'deliveringPower' &&
  look.doors.length > 0 &&
  look.doors.every((d) => !d.open) &&
  isNoBan(before.look, look)

/** With the port off the unit was gone, with the port on it came back, and the link went along. */
const feedsIt = ({ look, control }: NonNullable<Before>): boolean =>
  control !== null &&
  control.by === 'poe' &&
  wasOff(control) &&
  control.cameBack &&
  look.port?.link === 'up' &&
  control.off.port?.link === 'down'

/** A ban of an address leaves the link layer answering and other addresses in. Each channel worked before. */
function isNoBan(before: Look, now: Look): boolean {
  const isDeaf = before.neighbour.state === 'answers' && now.neighbour.state === 'silent'
  const closed = now.doors.filter((d) => before.doors.some((b) => b.source === d.source && b.open))
  return isDeaf || new Set(closed.map((d) => d.source)).size > 1
}
