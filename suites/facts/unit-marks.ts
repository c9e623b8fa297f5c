/** How what a unit tells of itself compares with what is declared of it. */
export type Likeness = 'same' | 'part' | 'other'

const LEAST = 5
const compact = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '')

/**
 * A serial number is written with and without separators; some units tell it behind model and date, others only its end,
 * which leaves it open.
 */
export function serialLikeness(told: string, declared: string): Likeness {
  const [a, b] = [compact(told), compact(declared)]
  if (a === b && a !== '') return 'same'
  if (b.length >= LEAST && a.includes(b)) return 'same'
  return a.length >= LEAST && b.includes(a) ? 'part' : 'other'
}

const plainVersion = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/^(?:version|ver|v)[\s.:]*(?=[0-9])/, '')

/** A version is told with or without a leading `v`; where one holds the other (a build, a suffix) it is left open. */
export function versionLikeness(told: string, declared: string): Likeness {
  const [a, b] = [plainVersion(told), plainVersion(declared)]
  if (a === b && a !== '') return 'same'
  return stands(a, b) || stands(b, a) ? 'part' : 'other'
}

/** A version stands in a text with no letter or digit next to it, but for a `v` of its own before it. */
function stands(text: string, wanted: string): boolean {
  if (wanted === '') return false
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) {
    const before = text.slice(Math.max(0, at - 2), at)
    const begins = !/[a-z0-9]$/.test(before) || /^[^a-z0-9]?v$/.test(before)
    if (begins && !/[a-z0-9]/.test(text.charAt(at + wanted.length))) return true
  }
  return false
}

/** An address of a network interface (EUI-48) as twelve hexadecimal digits; null where it is none. */
export function macOf(text: string): string | null {
  const digits = text
    .trim()
    .toLowerCase()
    .replace(/[:.\-\s]/g, '')
  return /^[0-9a-f]{12}$/.test(digits) ? digits : null
}
