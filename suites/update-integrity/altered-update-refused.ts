import { defineCriterion, evidence, gap, suspicion, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { kind as updateRefusal, type UpdateVariant, type VariantId } from '../observations/update-refusal.ts'
import { list, obj, oneOf, opt } from '../schema.ts'
import { changed, declaredUpdates, genuineOf, genuineInstalled } from './attempts.ts'

const DEMANDS = ['altered', 'unsigned', 'foreign-key', 'other-model'] as const
type Demand = (typeof DEMANDS)[number]
const parameters = obj({
  /** What must have been offered and refused; altered and unsigned where nothing is said. */
  demands: opt(list(oneOf(...DEMANDS))),
})
type Context = JudgeContext<{ demands?: Demand[] }>

/** Any one of them answers the demand. */
const MEETS: Record<Demand, readonly VariantId[]> = {
  altered: ['payload-bit', 'middle-bit', 'repacked'],
  unsigned: ['unsigned', 'repacked', 'maker-unsigned', 'maker-foreign-key'],
  'foreign-key': ['maker-foreign-key'],
  'other-model': ['maker-other-model'],
}

/** A bit there may be padding or free text that no signature needs to cover. */
const MAY_BE_UNSIGNED: readonly VariantId[] = ['header-bit', 'first-bit', 'last-bit']

/**
 * The device checks authenticity and integrity of an update before it installs it (ETSI EN 303 645 provisions 5.3-9 and
 * 5.3-10). Judged by the version afterwards, never by the answer; a refusal counts once the genuine package was installed
 * by the same path.
 */
export const criterion = defineCriterion({
  id: 'update-integrity/altered-update-refused',
  version: '1.0.0',
  area: 'update-integrity',
  over: updateRefusal,
  also: [],
  states: ['in-service'],
  parameters,
  catalogues: [],
  applies: declaredUpdates,
  judge({ value }, context) {
    const refused = value.variants.filter((v) => v.cameBack && v.versionAfter.text !== null && !changed(v))
    return [
      ...value.variants.flatMap((v, i) => outcomeOf(v, context.cite(`/variants/${i}`))),
      ...missingOf(
        value.variants.map((v) => v.id),
        context,
      ),
      ...(genuineInstalled(value, genuineOf(context))
        ? refused.length === 0
          ? []
          : [
              evidence('refused', { variants: refused.map((v) => v.id).join(', ') }, [
                context.cite('/genuine'),
                ...refused.map((v) => context.cite(`/variants/${value.variants.indexOf(v)}`)),
              ]),
            ]
        : [gap('genuine-not-installed', {}, [context.cite(value.genuine === null ? '/missing' : '/genuine')])]),
    ]
  },
})

function outcomeOf(variant: UpdateVariant, cite: ReturnType<Context['cite']>): Finding[] {
  const { id, versionBefore, versionAfter, cameBack } = variant
  if (!cameBack && versionAfter.exchange.failure?.code === 'lab')
    return [gap('version-not-read', { variant: id }, [cite])]
  if (!cameBack) return [violation('did-not-come-back', { variant: id }, [cite])]
  if (versionAfter.text === null) return [gap('version-not-read', { variant: id }, [cite])]
  if (!changed(variant)) return []
  const values = { variant: id, before: versionBefore.text ?? '', after: versionAfter.text }
  return [(MAY_BE_UNSIGNED.includes(id) ? suspicion : violation)('altered-installed', values, [cite])]
}

/** A demand that nothing offered answers: which package would settle it. */
function missingOf(offered: readonly VariantId[], context: Context): Finding[] {
  const demands = context.parameters.demands ?? ['altered', 'unsigned']
  return demands
    .filter((d) => !MEETS[d].some((id) => offered.includes(id)))
    .map((d) => gap(`missing-${d}`, {}, [context.cite('/missing')]))
}
