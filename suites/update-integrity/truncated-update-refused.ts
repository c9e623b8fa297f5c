import { defineCriterion } from '../criterion.ts'
import { obj } from '../schema.ts'
import { overUpdates } from './upload-page.ts'
import { judgeVariants, type Share } from './variants.ts'

const SHARE: Share = {
  owns: ['truncated', 'last-block-missing', 'interrupted'],
  enough: ['truncated'],
  /** The end of a compressed archive is never padding. */
  mayBePadding: ({ id, change }, format) =>
    change?.uniform === true || (id === 'last-block-missing' && change?.part === 'unknown' && format === 'opaque'),
}

/**
 * An update that did not arrive whole, or whose upload was interrupted, is refused: the device checks integrity before it installs (ETSI EN 303 645
 * provision 5.3-9), and starts again afterwards. Where it is not known what the missing end held, it may have been padding.
 */
export const criterion = defineCriterion({
  id: 'update-integrity/truncated-update-refused',
  version: '1.4.0',
  ...overUpdates,
  parameters: obj({}),
  judge: ({ value }, context) => judgeVariants(value, SHARE, context),
})
