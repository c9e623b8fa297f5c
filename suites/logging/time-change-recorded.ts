import { defineCriterion } from '../criterion.ts'
import { declaresClock } from '../observations/log-actions.ts'
import { needs } from './declared.ts'
import { overApart } from './recorded-apart.ts'

/** A clock that is set by hand leaves a record: every later record is dated by it. It counts once the clock was read to stand elsewhere. */
export const criterion = defineCriterion({
  id: 'logging/time-change-recorded',
  version: '1.0.0',
  ...overApart('clock'),
  applies: needs(['no-clock-setting-declared', declaresClock]),
})
