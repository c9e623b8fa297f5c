import { defineCriterion } from '../criterion.ts'
import { kind as updateRefusal } from '../observations/update-refusal.ts'
import { obj } from '../schema.ts'
import { declaredUpdates } from './attempts.ts'
import { judgeVariants, type Share } from './variants.ts'

const SHARE: Share = {
  owns: ['payload-bit', 'signature-bit', 'header-bit', 'middle-bit', 'first-bit', 'last-bit', 'repacked'],
  enough: ['payload-bit', 'middle-bit', 'repacked'],
  /** A bit there may be padding or free text that no signature needs to cover. */
  mayBePadding: ({ id }) => id === 'header-bit' || id === 'first-bit' || id === 'last-bit',
}

/**
 * The device checks the integrity of an update before it installs it (ETSI EN 303 645 provisions 5.3-9 and 5.3-10): a
 * package with one other bit, or with other content and right checksums, is refused.
 */
export const criterion = defineCriterion({
  id: 'update-integrity/altered-update-refused',
  version: '2.3.0',
  area: 'update-integrity',
  over: updateRefusal,
  also: [],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: declaredUpdates,
  judge: ({ value }, context) => judgeVariants(value, SHARE, context),
})
