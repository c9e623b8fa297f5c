import { defineCriterion } from '../criterion.ts'
import { declaresSetting } from '../observations/log-actions.ts'
import { needs } from './declared.ts'
import { overEvents } from './recorded.ts'

/** A changed setting, one of the clock included, leaves a record. The change counts once its new value was read back. */
export const criterion = defineCriterion({
  id: 'logging/settings-change-recorded',
  version: '1.0.0',
  ...overEvents((events) => events.filter((e) => e.what === 'setting' || e.what === 'time')),
  applies: needs(['no-setting-declared', declaresSetting]),
})
