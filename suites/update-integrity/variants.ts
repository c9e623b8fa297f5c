import { evidence, gap, type Finding, type JudgeContext } from '../criterion.ts'
import type { UpdateRefusal, UpdateVariant, VariantId } from '../observations/update-refusal.ts'
import type { Update } from '../statement.ts'
import { changed, proofOf, unproven, updateOf, wasRefused, wasUploaded } from './attempts.ts'
import { reachOf } from '../facts/update-reach.ts'
import { outcomeOf } from './outcome.ts'

/** Which variants answer a criterion, and which of them must at least have been refused. */
export interface Share {
  owns: readonly VariantId[]
  /** Others that answer it, by what was changed in them. */
  ownsAlso?(variant: UpdateVariant): boolean
  /** Any one of them refused is enough. */
  enough: readonly VariantId[]
  /** Installed, it may be padding that no signature needs to cover. */
  mayBePadding?(variant: UpdateVariant, format: Update['format']): boolean
}

/** What a refusal rests on; an upload has no reach. */
const REFUSALS: readonly (readonly [code: string, reaches: readonly ReturnType<typeof reachOf>[]])[] = [
  ['refused', ['whole', 'not']],
  ['broken-off', ['broken-off']],
  ['refused-unread', ['unread']],
]

/**
 * What became of the variants that a criterion owns. Judged by version and content afterwards, never by the answer; a
 * refusal counts once a package was installed by the same path.
 */
export function judgeVariants(value: UpdateRefusal, share: Share, context: JudgeContext<unknown>): Finding[] {
  const offered = value.variants.flatMap((v, i) =>
    share.owns.includes(v.id) || share.ownsAlso?.(v) === true
      ? [{ variant: v, cite: context.cite(`/variants/${i}`) }]
      : [],
  )
  const format = updateOf(context)?.format ?? 'opaque'
  const outcomes = offered.flatMap(({ variant, cite }) => [
    ...outcomeOf(variant, variant.id, cite, value, share.mayBePadding?.(variant, format) ?? false),
    ...(variant.cameBack && !changed(variant) && !wasUploaded(variant)
      ? [gap(variant.fetch ? 'not-fetched' : 'not-uploaded', { variant: variant.id }, [cite])]
      : []),
  ])
  const refused = offered.filter(({ variant }) => wasRefused(variant))
  const isEnough = offered.some(({ variant }) => share.enough.includes(variant.id))
  // What was too large to be made would have shown what the others do not.
  const isLacking = value.missing.some((m) => m.why === 'too-large' && (share.owns as readonly string[]).includes(m.id))
  const missing = isEnough && !isLacking ? [] : [missingOf(value, share, context)]
  if (refused.length === 0) return [...outcomes, ...missing]
  const proof = proofOf(value, context)
  if (proof === null) return [...outcomes, ...missing, gap('genuine-not-installed', {}, [unproven(value, context)])]
  return [
    ...outcomes,
    ...missing,
    ...REFUSALS.flatMap(([code, reaches]) => {
      const alike = refused.filter(({ variant }) => reaches.includes(reachOf(variant)))
      const variants = alike.map((r) => r.variant.id).join(', ')
      return alike.length > 0 ? [evidence(code, { variants }, [proof, ...alike.map((r) => r.cite)])] : []
    }),
  ]
}

/** Nothing offered answers the question: why the row ended before, or which package would answer it. */
function missingOf(value: UpdateRefusal, share: Share, context: JudgeContext<unknown>): Finding {
  const at = value.missing.flatMap((m, i) => ((share.owns as readonly string[]).includes(m.id) ? [i] : []))
  const cites = at.map((i) => context.cite(`/missing/${i}`))
  const whys = at.map((i) => value.missing[i]?.why)
  if (whys.includes('start-version-lost')) return gap('row-ended', {}, cites)
  return whys.includes('device-gone') ? gap('device-gone', {}, cites) : gap('missing', {}, cites)
}
