import { defineCriterion } from '../criterion.ts'
import { declaresLogSetting } from '../observations/log-actions.ts'
import { needs } from './declared.ts'
import { overApart } from './recorded-apart.ts'

/**
 * A log server that is changed or switched off is the last thing it is told, or stands in the device's own log (IEC 62443-4-2
 * CR 2.8 asks for events of the log itself): else whoever silences the log leaves no trace of it.
 */
export const criterion = defineCriterion({
  id: 'logging/log-settings-change-recorded',
  version: '1.0.0',
  ...overApart('log-setting'),
  applies: needs(['no-log-setting-declared', declaresLogSetting]),
})
