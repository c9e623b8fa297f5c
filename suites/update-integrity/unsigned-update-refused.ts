import { defineCriterion, gap, violation, type Finding, type JudgeContext } from '../criterion.ts'
import type { UpdateRefusal } from '../observations/update-refusal.ts'
import { obj } from '../schema.ts'
import { updateOf, versionChanged } from './attempts.ts'
import { overUpdates } from './upload-page.ts'
import { judgeVariants, type Share } from './variants.ts'

const VARIANTS = ['unsigned', 'stripped', 'signature-missing', 'signature-empty', 'maker-unsigned'] as const
const SHARE: Share = {
  owns: VARIANTS,
  enough: VARIANTS,
  /** A checksum in the place of the signature is none: whoever makes it anew has signed nothing. */
  ownsAlso: ({ id, change }) => id === 'repacked' && change?.part === 'signature',
}

/**
 * A package without a signature is refused (ETSI EN 303 645 provision 5.3-10). A maker who declares that packages carry
 * none has declared the violation; that one of them was installed confirms it.
 */
export const criterion = defineCriterion({
  id: 'update-integrity/unsigned-update-refused',
  version: '1.5.0',
  ...overUpdates,
  parameters: obj({}),
  judge: ({ value }, context) =>
    updateOf(context)?.signed === false ? undeclaredSignature(value, context) : judgeVariants(value, SHARE, context),
})

/** Whatever of such packages was installed was unsigned. */
function undeclaredSignature(value: UpdateRefusal, context: JudgeContext<unknown>): Finding[] {
  const attempts = [
    ...(value.genuine ? [{ ...value.genuine, at: '/genuine' }] : []),
    ...value.variants.map((v, i) => ({ ...v, at: `/variants/${i}` })),
  ]
  const installed = attempts.find((a) => a.cameBack && versionChanged(a))
  return installed
    ? [
        violation(
          'shipped-unsigned',
          { before: installed.versionBefore.text ?? '', after: installed.versionAfter.text ?? '' },
          [context.cite(installed.at)],
        ),
      ]
    : [gap('genuine-not-installed', {}, [context.cite('/missing')])]
}
