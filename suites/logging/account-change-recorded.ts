import { defineCriterion } from '../criterion.ts'
import { kind as eventLog } from '../observations/event-log.ts'
import { declaresAccounts } from '../observations/log-actions.ts'
import { bool, obj, opt } from '../schema.ts'
import { needs, noLogContradicted } from './declared.ts'
import { allRecorded } from './recorded.ts'

const CHANGES = ['account-added', 'account-removed', 'password-changed']

/** An account that is made or removed and a password that is changed leave a record each. */
export const criterion = defineCriterion({
  id: 'logging/account-change-recorded',
  version: '1.0.0',
  area: 'logging',
  over: eventLog,
  also: [],
  states: ['in-service'],
  parameters: obj({ required: bool(), actor: opt(bool()) }),
  catalogues: [],
  applies: needs(['no-account-change-declared', declaresAccounts]),
  contradicts: noLogContradicted(eventLog),
  judge: ({ value }, context) =>
    allRecorded(
      value,
      value.events.filter((e) => CHANGES.includes(e.what)),
      context,
      context.parameters.actor !== false,
    ),
})
