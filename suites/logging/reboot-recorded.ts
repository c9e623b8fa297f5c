import { defineCriterion } from '../criterion.ts'
import { kind as rebootLog } from '../observations/reboot-log.ts'
import { needs, noLogContradicted, requiredParameter } from './declared.ts'
import { allRecorded } from './recorded.ts'

/** A reboot leaves a record, before it or at the start after it. It happened when the door was seen closed and open again. */
export const criterion = defineCriterion({
  id: 'logging/reboot-recorded',
  version: '1.0.0',
  area: 'logging',
  over: rebootLog,
  also: [],
  states: ['in-service'],
  parameters: requiredParameter,
  catalogues: [],
  applies: needs(['no-reboot-declared', ({ actions }) => actions.reboot !== undefined]),
  contradicts: noLogContradicted(rebootLog),
  judge: ({ value }, context) =>
    allRecorded(
      value,
      value.events.filter((e) => e.what === 'reboot'),
      context,
      false,
    ),
})
