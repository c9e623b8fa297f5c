import type { Update } from '../../suites/statement.ts'
import type { UpdateRefusal, VariantId } from '../../suites/observations/update-refusal.ts'
import { repackGzipTar } from './gzip-tar.ts'

/** A package the lab can offer. Made only when it is needed: firmware is large. */
export interface Variant {
  id: VariantId
  derivation: 'lab' | 'maker'
  /** Null where it turns out that it cannot be made. */
  make(): Uint8Array | null
}

type Part = 'header' | 'payload' | 'signature'
interface Range {
  from: number
  to: number
}
export type Missing = UpdateRefusal['missing'][number]

/**
 * What can be derived from the genuine package, most conclusive first, because an accepted variant ends the row. The
 * maker's own packages are added by the caller.
 */
export function labVariants(
  genuine: Uint8Array,
  update: Pick<Update, 'layout' | 'format' | 'packages'>,
): { variants: Variant[]; missing: Missing[] } {
  const variants: Variant[] = []
  const missing: Missing[] = []
  const lab = (id: VariantId, make: () => Uint8Array | null) => variants.push({ id, derivation: 'lab', make })
  const part = (name: Part) => rangesOf(genuine, update, name)
  const bit = (id: VariantId, at: number) => lab(id, () => flipped(genuine, at))
  if (update.layout === undefined) {
    bit('middle-bit', genuine.length >> 1)
    lab('truncated', () => genuine.subarray(0, genuine.length >> 1))
    missing.push({ id: 'unsigned', why: 'no-layout' })
  } else {
    for (const [id, name] of [
      ['payload-bit', 'payload'],
      ['signature-bit', 'signature'],
    ] as const) {
      const [range] = part(name)
      if (range) bit(id, middle(range))
      else missing.push({ id, why: 'no-layout' })
    }
    lab('truncated', () => genuine.subarray(0, genuine.length >> 1))
    const signature = part('signature')
    if (signature.length > 0) lab('unsigned', () => zeroed(genuine, signature))
    else missing.push({ id: 'unsigned', why: 'no-layout' })
  }
  if (update.format === 'gzip-tar')
    lab('repacked', () => repacked(genuine, part('payload'), update.packages.genuine.version))
  else missing.push({ id: 'repacked', why: 'not-this-format' })
  const [header] = part('header')
  if (header) bit('header-bit', middle(header))
  if (update.layout === undefined) {
    bit('first-bit', 0)
    bit('last-bit', genuine.length - 1)
  }
  return { variants, missing }
}

const middle = ({ from, to }: Range): number => from + ((to - from) >> 1)

/** Declared ranges within the package; a negative offset counts from its end. */
function rangesOf(bytes: Uint8Array, { layout = [] }: Pick<Update, 'layout'>, part: Part): Range[] {
  return layout
    .filter((l) => l.part === part)
    .flatMap((l) => {
      const from = l.offset < 0 ? bytes.length + l.offset : l.offset
      const to = Math.min(from + l.bytes, bytes.length)
      return from >= 0 && from < to ? [{ from, to }] : []
    })
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const out = new Uint8Array(bytes)
  out[at] = (out[at] ?? 0) ^ 1
  return out
}

function zeroed(bytes: Uint8Array, ranges: readonly Range[]): Uint8Array {
  const out = new Uint8Array(bytes)
  for (const { from, to } of ranges) out.fill(0, from, to)
  return out
}

/** The archive within the package made anew; what lies around it stays. */
function repacked(bytes: Uint8Array, [payload]: readonly Range[], version: string): Uint8Array | null {
  const { from, to } = payload ?? { from: 0, to: bytes.length }
  const archive = repackGzipTar(bytes.subarray(from, to), version)
  return archive && new Uint8Array(Buffer.concat([bytes.subarray(0, from), archive, bytes.subarray(to)]))
}
