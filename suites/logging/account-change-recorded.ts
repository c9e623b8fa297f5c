import { defineCriterion } from '../criterion.ts'
import { declaresAccounts } from '../observations/log-actions.ts'
import { needs } from './declared.ts'
import { overEvents } from './recorded.ts'

const CHANGES = ['account-added', 'account-removed', 'password-changed']

/** An account that is made or removed and a password that is changed leave a record each. */
export const criterion = defineCriterion({
  id: 'logging/account-change-recorded',
  version: '1.1.0',
  ...overEvents((events) => events.filter((e) => CHANGES.includes(e.what))),
  applies: needs(['no-account-change-declared', declaresAccounts]),
})
