import type { Update } from '../../suites/statement.ts'
import type { UpdateVariant, VariantId } from '../../suites/observations/update-refusal.ts'
import type { Given } from './offering.ts'
import { bytesOf, cut, flipped, isUniform, ropeLength, zeroed, type Rope } from './rope.ts'
import { checksumIn, withRightChecksum } from './checksums.ts'
import { raisedVersion, repackGzipTar } from './gzip-tar.ts'

/** A package the lab can offer. Made only when it is needed. */
export interface Variant {
  id: VariantId
  derivation: 'lab' | 'maker'
  /** Null where it turns out that it cannot be made. */
  make(): Promise<(Given & { change: UpdateVariant['change'] }) | null>
}

type Part = 'header' | 'payload' | 'signature'
interface Range {
  from: number
  to: number
}
export interface Missing {
  id: VariantId
  why: 'no-layout' | 'not-this-format' | 'too-large'
}

/** Bytes that a package lacks when its last piece did not arrive. */
const LAST_BLOCK = 4_096
/** An archive is taken apart in memory; a larger one is left whole. */
const MOST_REPACKED = 64 * 1024 * 1024

/**
 * What can be derived from the genuine package, most conclusive first, because an accepted variant may end the row. The
 * maker's own packages are added by the caller.
 */
export function labVariants(
  genuine: Rope,
  update: Pick<Update, 'layout' | 'format' | 'packages' | 'online'>,
): { variants: Variant[]; missing: Missing[] } {
  const length = ropeLength(genuine)
  const of = update.packages.genuine
  const variants: Variant[] = []
  const missing: Missing[] = []
  const part = (name: Part) => rangesOf(length, update, name)
  const add = (id: VariantId, range: Range, make: () => Rope) =>
    variants.push({
      id,
      derivation: 'lab',
      make: async () => ({ rope: make(), of, change: await changeOf(genuine, range, update) }),
    })
  const bit = (id: VariantId, at: number) => add(id, { from: at, to: at + 1 }, () => flipped(genuine, at))
  const bitOf = (id: VariantId, name: Part) => {
    const [range] = part(name)
    if (range) bit(id, middle(range))
    else missing.push({ id, why: 'no-layout' })
  }
  const upTo = (id: VariantId, end: number) => add(id, { from: end, to: length }, () => cut(genuine, 0, end))

  if (update.layout === undefined) bit('middle-bit', length >> 1)
  else {
    bitOf('payload-bit', 'payload')
    bitOf('signature-bit', 'signature')
    bitOf('header-bit', 'header')
  }
  upTo('truncated', length >> 1)
  upTo('last-block-missing', length - Math.max(1, Math.min(LAST_BLOCK, length >> 3)))
  const [signature, ...more] = part('signature')
  if (signature && more.length === 0) {
    add('unsigned', signature, () => zeroed(genuine, signature))
    add('stripped', signature, () => [...cut(genuine, 0, signature.from), ...cut(genuine, signature.to)])
  } else missing.push({ id: 'unsigned', why: 'no-layout' })
  if (length > MOST_REPACKED) missing.push({ id: 'repacked', why: 'too-large' })
  else if (update.format !== 'gzip-tar') {
    const make = summedAnew(genuine, update)
    if (make) variants.push({ id: 'repacked', derivation: 'lab', make })
    else missing.push({ id: 'repacked', why: 'not-this-format' })
  } else variants.push({ id: 'repacked', derivation: 'lab', make: () => repacked(genuine, part('payload'), update) })
  if (update.online?.files.some((f) => f.signature === true))
    for (const signature of ['missing', 'empty'] as const)
      variants.push({
        id: `signature-${signature}`,
        derivation: 'lab',
        make: () => Promise.resolve({ rope: genuine, of, signature, change: null }),
      })
  if (update.layout === undefined) {
    bit('first-bit', 0)
    bit('last-bit', length - 1)
  }
  return { variants, missing }
}

/**
 * The genuine package, of which the first half goes out before the connection is cut. It comes last: a device may wait for
 * the rest for a while and take nothing else meanwhile. A browser cannot be stopped in the middle of an upload.
 */
export function interruptedUpload(genuine: Rope, update: Update): Variant[] {
  if (!update.upload || update.upload.browser) return []
  const length = ropeLength(genuine)
  const cutAt = length >> 1
  const make = async () => ({
    rope: genuine,
    of: update.packages.genuine,
    cutAt,
    change: await changeOf(genuine, { from: cutAt, to: length }, update),
  })
  return [{ id: 'interrupted', derivation: 'lab', make }]
}

async function changeOf(
  genuine: Rope,
  range: Range,
  update: Pick<Update, 'layout'>,
): Promise<NonNullable<UpdateVariant['change']>> {
  return {
    at: range.from,
    bytes: range.to - range.from,
    part: partOf(range, ropeLength(genuine), update),
    uniform: range.to - range.from > 1 && (await isUniform(cut(genuine, range.from, range.to))),
  }
}

const middle = ({ from, to }: Range): number => from + ((to - from) >> 1)

/** Declared ranges within the package; a negative offset counts from its end. */
function rangesOf(length: number, { layout = [] }: Pick<Update, 'layout'>, part: Part): Range[] {
  return layout
    .filter((l) => l.part === part)
    .flatMap((l) => {
      const from = l.offset < 0 ? length + l.offset : l.offset
      const to = Math.min(from + l.bytes, length)
      return from >= 0 && from < to ? [{ from, to }] : []
    })
}

/** The declared part that a stretch lies in. */
function partOf({ from, to }: Range, length: number, update: Pick<Update, 'layout'>): Part | 'several' | 'unknown' {
  const touched = (['header', 'payload', 'signature'] as const).filter((name) =>
    rangesOf(length, update, name).some((r) => r.from < to && from < r.to),
  )
  return touched.length > 1 ? 'several' : (touched[0] ?? 'unknown')
}

/**
 * One bit of the content inverted and the checksum over it made anew; null where no checksum is found. `change` is the
 * checksum's: where it stands in the place of the signature, anybody can sign.
 */
function summedAnew(genuine: Rope, update: Pick<Update, 'layout' | 'packages'>): Variant['make'] | null {
  const length = ropeLength(genuine)
  const payload = rangesOf(length, update, 'payload')
  const around = rangesOf(length, update, 'signature').flatMap(({ from, to }) => [
    { from: 0, to: from },
    { from: to, to: length },
  ])
  const sum = checksumIn(
    bytesOf(genuine, 0, length),
    [...payload, ...around].filter((s) => s.from < s.to),
  )
  if (sum === null) return null
  const within = payload.find((p) => sum.over.from <= p.from && p.to <= sum.over.to) ?? sum.over
  const of = update.packages.genuine
  return async () => ({
    rope: [withRightChecksum(bytesOf(genuine, 0, length), sum, middle(within))],
    of,
    change: await changeOf(genuine, sum.at, update),
  })
}

/** The archive within the package made anew; what lies around it stays. */
async function repacked(
  genuine: Rope,
  [payload]: readonly Range[],
  { packages }: Pick<Update, 'packages'>,
): ReturnType<Variant['make']> {
  const { from, to } = payload ?? { from: 0, to: ropeLength(genuine) }
  const archive = repackGzipTar(bytesOf(genuine, from, to), packages.genuine.version)
  if (archive === null) return null
  const rope = [...cut(genuine, 0, from), archive, ...cut(genuine, to)]
  return Promise.resolve({
    rope,
    of: packages.genuine,
    version: raisedVersion(packages.genuine.version),
    change: { at: from, bytes: to - from, part: 'payload', uniform: false },
  })
}
