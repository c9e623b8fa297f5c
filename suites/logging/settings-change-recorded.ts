import { defineCriterion } from '../criterion.ts'
import { kind as eventLog } from '../observations/event-log.ts'
import { declaresSetting } from '../observations/log-actions.ts'
import { bool, obj, opt } from '../schema.ts'
import { needs, noLogContradicted } from './declared.ts'
import { allRecorded } from './recorded.ts'

/** A changed setting, one of the clock included, leaves a record. The change counts once its new value was read back. */
export const criterion = defineCriterion({
  id: 'logging/settings-change-recorded',
  version: '1.0.0',
  area: 'logging',
  over: eventLog,
  also: [],
  states: ['in-service'],
  parameters: obj({ required: bool(), actor: opt(bool()) }),
  catalogues: [],
  applies: needs(['no-setting-declared', declaresSetting]),
  contradicts: noLogContradicted(eventLog),
  judge: ({ value }, context) =>
    allRecorded(
      value,
      value.events.filter((e) => e.what === 'setting' || e.what === 'time'),
      context,
      context.parameters.actor !== false,
    ),
})
