import { defineCriterion } from '../criterion.ts'
import { kind as eventLog } from '../observations/event-log.ts'
import { bool, obj, opt } from '../schema.ts'
import { needs, noLogContradicted } from './declared.ts'
import { allRecorded } from './recorded.ts'

/** A log-in that succeeded leaves a record, which names the account or the source unless the text does not ask for it. */
export const criterion = defineCriterion({
  id: 'logging/successful-login-recorded',
  version: '1.0.0',
  area: 'logging',
  over: eventLog,
  also: [],
  states: ['in-service'],
  parameters: obj({ required: bool(), actor: opt(bool()) }),
  catalogues: [],
  applies: needs(),
  contradicts: noLogContradicted(eventLog),
  judge: ({ value }, context) =>
    allRecorded(
      value,
      value.events.filter((e) => e.what === 'accepted').slice(0, 1),
      context,
      context.parameters.actor !== false,
    ),
})
