import { gap, suspicion, type Cite, type Finding } from '../criterion.ts'
import { gainedBetween } from '../facts/log-entries.ts'
import type { Exchange } from '../observations/exchange.ts'
import { oneOf, opt } from '../schema.ts'
import type { Statement } from '../statement.ts'

/**
 * Where a record must be. `server`: at another machine, for what a device keeps by itself goes with it. `any`: there, or in
 * the device's own log. A server where nothing is said.
 */
export const whereParameter = opt(oneOf('server', 'any'))
export type Where = 'server' | 'any'

/** The device declares a log of its own, and the text lets it count. */
export const countsOwn = ({ logging }: Statement, where: Where | undefined): boolean =>
  where === 'any' && logging.api !== undefined

/** Why nothing can be called missing from the device's own log between two readings; null where it tells of all (rule 1). */
export function lackOf(readings: { earlier: Exchange; later: Exchange } | null, cites: Cite[]): Finding | null {
  const gained = readings && gainedBetween(readings.earlier, readings.later)
  switch (gained?.lack) {
    case undefined:
    case 'not-read':
      return gap('event-log.log-not-read', {}, cites)
    case 'unproven':
      return suspicion('event-log.log-unproven', {}, cites)
    case 'part':
      return suspicion('event-log.log-shows-part', {}, cites)
    case null:
      return null
  }
}
