import type { UpdateRefusal } from '../../suites/observations/update-refusal.ts'
import type { Update } from '../../suites/statement.ts'
import type { Bench } from '../probe.ts'
import type { Offer } from './offering.ts'
import { ropeOf } from './rope.ts'
import type { Variant } from './variants.ts'

type Why = UpdateRefusal['missing'][number]['why']

const MAKERS = [
  ['unsigned', 'maker-unsigned'],
  ['foreignKey', 'maker-foreign-key'],
  ['otherModel', 'maker-other-model'],
] as const

const about = (key: string, values: Record<string, string | number>) => ({ code: `update-refusal.${key}`, values })

/** The maker's own bad packages; one of the version that already runs would show nothing. */
export async function makerVariants(
  bench: Bench,
  { packages }: Update,
  start: string,
  missing: UpdateRefusal['missing'],
): Promise<Variant[]> {
  const variants: Variant[] = []
  for (const [name, id] of MAKERS) {
    const supplied = packages[name]
    // What the maker has not handed in, the maker's own tool may make of the genuine package.
    const made = supplied ? null : await bench.signVariant(id, bench.resolve(packages.genuine.file))
    const rope = supplied ? ropeOf(bench.resolve(supplied.file)) : made && [made]
    const version = supplied?.version ?? packages.genuine.version
    if (rope && version !== start)
      variants.push({
        id,
        derivation: 'maker',
        make: () => Promise.resolve({ rope, of: supplied ?? packages.genuine, change: null }),
      })
    else missing.push({ id, why: rope ? 'same-version' : supplied ? 'unreadable' : 'not-supplied' })
  }
  return variants
}

/**
 * Each variant in turn, until one changes the version and the older package does not bring another one back, or the
 * device stays away: what follows would no longer start from a version that the genuine package changes.
 */
export async function offerVariants(
  bench: Bench,
  update: Update,
  variants: readonly Variant[],
  value: UpdateRefusal,
  offer: Offer,
): Promise<void> {
  let stopped: Why | null = null
  for (const variant of variants) {
    if (bench.signal.aborted) return
    const made = stopped ? null : await variant.make()
    if (stopped || !made) {
      value.missing.push({ id: variant.id, why: stopped ?? 'unreadable' })
      continue
    }
    bench.progress(about('offering', { package: variant.id }))
    const { id, derivation } = variant
    const offered = await offer(made)
    value.variants.push({ id, derivation, change: made.change, ...offered })
    if (!offered.cameBack) stopped = 'device-gone'
    else if (offered.versionAfter.text !== null && offered.versionAfter.text !== offered.versionBefore.text)
      stopped = (await goBack(bench, update, value, offer)) ? null : 'start-version-lost'
  }
}

/** Whether the older package brings a version from which the genuine one is a change. */
async function goBack(bench: Bench, { packages }: Update, value: UpdateRefusal, offer: Offer): Promise<boolean> {
  const of = packages.older
  const rope = of ? ropeOf(bench.resolve(of.file)) : null
  const refused = value.returns.some((r) => r.versionAfter.text !== packages.older?.version)
  if (!of || !rope || refused || packages.older?.version === packages.genuine.version || bench.signal.aborted)
    return false
  bench.progress(about('going-back', { package: 'older' }))
  const back = { id: 'older', ...(await offer({ rope, of })) }
  value.returns.push(back)
  return back.cameBack && back.versionAfter.text === packages.older?.version
}

/** The older genuine package, at the end. */
export async function offerOlder(
  bench: Bench,
  { packages }: Update,
  value: UpdateRefusal,
  offer: Offer,
): Promise<UpdateRefusal['older']> {
  const of = packages.older
  const rope = of ? ropeOf(bench.resolve(of.file)) : null
  const why = !of ? 'not-supplied' : !rope ? 'unreadable' : isGone(value) ? 'device-gone' : null
  if (why !== null || !of || !rope) {
    value.missing.push({ id: 'older', why: why ?? 'unreadable' })
    return null
  }
  bench.progress(about('offering', { package: 'older' }))
  return { id: 'older', ...(await offer({ rope, of })) }
}

/** The device stayed away after one of the packages. */
export const isGone = ({ variants, returns, doors, genuine }: UpdateRefusal): boolean =>
  [...variants, ...returns, ...doors, ...(genuine ? [genuine] : [])].some((a) => !a.cameBack)
