import { defineCriterion } from '../criterion.ts'
import { needs } from './declared.ts'
import { overEvents } from './recorded.ts'

/** A log-in that succeeded leaves a record, which names the account or the source unless the text does not ask for it. */
export const criterion = defineCriterion({
  id: 'logging/successful-login-recorded',
  version: '1.0.0',
  ...overEvents((events) => events.filter((e) => e.what === 'accepted').slice(0, 1)),
  applies: needs(),
})
