import { patternsOf } from './redact-patterns.ts'
import type { Pattern } from './redact-bytes.ts'

export interface Secret {
  /** Stands in the token, so that "the secret was seen in clear" can be judged again. */
  name: string
  value: string
}

/** One occurrence of a secret, in bytes. */
interface Hit {
  from: number
  to: number
  name: string
}

/**
 * Replaces every secret, in every encoding of `patternsOf`, by a token of the same length (rule 12): `{secret:NAME}` cut
 * or padded with `*`, and `*` alone where fewer than 10 bytes are free. All other bytes stay as they are; a second pass
 * changes nothing. `secrets` is asked at every call, so that a secret made a moment ago counts.
 *
 * A secret of fewer than 4 characters would be found in any text by chance, so it counts only where it is delimited: no
 * letter, digit or byte above 0x7F before or after it; in Base64 only as the whole of a value or as `…:secret`; in
 * hexadecimal only as the whole of a value. A caller that cuts data must redact first: half a secret is not recognised.
 */
export function makeRedactor(secrets: () => readonly Secret[]): (bytes: Uint8Array) => Uint8Array {
  let key = ''
  let compiled = compile([])
  return (bytes) => {
    const now = secrets()
    const nowKey = JSON.stringify(now.map((s) => [s.name, s.value]))
    if (nowKey !== key) {
      key = nowKey
      compiled = compile(now)
    }
    return redactWith(compiled, bytes)
  }
}

interface Compiled {
  /** Patterns by the byte that they can begin with. */
  byFirst: (Pattern[] | undefined)[]
  /** A byte that stands in no form of any secret, so that nothing new can arise across it. */
  fill: number
}

/** Longest first, so that among hits of the same place the longer secret gives its name. */
function compile(secrets: readonly Secret[]): Compiled {
  const byFirst: (Pattern[] | undefined)[] = new Array<undefined>(256).fill(undefined)
  const used = new Set<number>()
  const longestFirst = secrets.filter((s) => s.value.length > 0).sort((a, b) => b.value.length - a.value.length)
  for (const pattern of longestFirst.flatMap(patternsOf)) {
    for (const first of pattern.firstBytes) (byFirst[first] ??= []).push(pattern)
    for (const byte of pattern.bytes) used.add(byte)
  }
  return { byFirst, fill: FILLS.find((f) => !used.has(f)) ?? 0x2a }
}

/** `*`, else a byte that no encoding gives a meaning to. */
const FILLS = [...'*#.~^!|$@?;:,()[]{}<>='].map((c) => c.charCodeAt(0)).concat(0x7f, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06)
const MOST_PASSES = 4
const SHORTEST_TOKEN = 10

/**
 * The first pass writes tokens. Where a token together with its surroundings spells a secret again (a secret that is
 * part of the word `secret`, say), later passes write fill bytes only, so that the end is always reached.
 */
function redactWith({ byFirst, fill }: Compiled, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes)
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const hits = hitsIn(byFirst, out)
    if (hits.length === 0) break
    for (const { from, to } of hits) out.fill(fill, from, to)
    if (pass === 0) for (const place of placesOf(hits)) writeToken(out, place, fill)
  }
  return out
}

function hitsIn(byFirst: Compiled['byFirst'], bytes: Uint8Array): Hit[] {
  const hits: Hit[] = []
  for (let at = 0; at < bytes.length; at++) {
    const candidates = byFirst[bytes[at] as number]
    if (candidates === undefined) continue
    for (const pattern of candidates) {
      const to = pattern.match(bytes, at)
      if (to > at) hits.push({ from: at, to, name: pattern.name })
    }
  }
  return hits
}

/** Of overlapping hits the longest names the place; what sticks out of it is filled only. */
function placesOf(hits: readonly Hit[]): Hit[] {
  const places: Hit[] = []
  let group: Hit[] = []
  let end = -1
  const settle = () => {
    const longest = group.reduce<Hit | null>((a, b) => (a === null || b.to - b.from > a.to - a.from ? b : a), null)
    if (longest) places.push(longest)
  }
  for (const hit of hits) {
    if (hit.from >= end) {
      settle()
      group = []
    }
    group.push(hit)
    end = Math.max(end, hit.to)
  }
  settle()
  return places
}

function writeToken(out: Uint8Array, { from, to, name }: Hit, fill: number): void {
  const room = to - from
  if (room < SHORTEST_TOKEN) return
  const token = `{secret:${name.replace(/[^A-Za-z0-9._-]/g, '_')}}`
  for (let i = 0; i < room; i++) out[from + i] = i < token.length ? token.charCodeAt(i) : fill
}
