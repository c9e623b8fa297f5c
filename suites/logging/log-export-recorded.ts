import { defineCriterion } from '../criterion.ts'
import { declaresLogExport } from '../observations/log-actions.ts'
import { needs } from './declared.ts'
import { overApart } from './recorded-apart.ts'

/** A log that is taken out, with all that it tells of the people who used the camera, leaves a record of it. */
export const criterion = defineCriterion({
  id: 'logging/log-export-recorded',
  version: '1.0.0',
  ...overApart('log-export'),
  applies: needs(['no-log-export-declared', declaresLogExport]),
})
