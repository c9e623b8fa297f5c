import { defineCriterion } from '../criterion.ts'
import { obj } from '../schema.ts'
import { overUpdates } from './upload-page.ts'
import { judgeVariants, type Share } from './variants.ts'

const SHARE: Share = { owns: ['maker-other-model'], enough: ['maker-other-model'] }

/**
 * A package that the maker signed for another model is refused: origin alone does not make an update fit (ETSI EN 303 645
 * provision 5.3-10 asks for the authenticity of an update of this device).
 */
export const criterion = defineCriterion({
  id: 'update-integrity/other-model-update-refused',
  version: '1.3.0',
  ...overUpdates,
  parameters: obj({}),
  judge: ({ value }, context) => judgeVariants(value, SHARE, context),
})
