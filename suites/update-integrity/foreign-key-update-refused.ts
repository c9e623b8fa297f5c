import { defineCriterion, gap } from '../criterion.ts'
import { obj } from '../schema.ts'
import { updateOf } from './attempts.ts'
import { overUpdates } from './upload-page.ts'
import { judgeVariants, type Share } from './variants.ts'

const SHARE: Share = { owns: ['maker-foreign-key'], enough: ['maker-foreign-key'] }

/**
 * A package that is whole and signed, but not by the maker's key, is refused (ETSI EN 303 645 provision 5.3-10). Where
 * packages carry no signature, nobody's key can be told from the maker's, and another criterion speaks of that.
 */
export const criterion = defineCriterion({
  id: 'update-integrity/foreign-key-update-refused',
  version: '1.3.0',
  ...overUpdates,
  parameters: obj({}),
  judge: ({ value }, context) =>
    updateOf(context)?.signed === false ? [gap('no-signature-declared', {}, [])] : judgeVariants(value, SHARE, context),
})
