import type { PortState, PowerCycle } from '../observations/power.ts'

/** The port gives no power (RFC 3621), and nothing holds its link that has power from elsewhere. */
export const isDead = ({ enabled, detection, link }: PortState): boolean =>
  enabled === false && (detection === 'disabled' || detection === 'searching') && link !== 'up'

/** That the unit was off is shown by its closed doors and, where a switch feeds it, by the port. */
export const wasOff = ({ by, off }: PowerCycle): boolean =>
  off.closed && (by !== 'poe' || (off.port !== null && isDead(off.port)))
