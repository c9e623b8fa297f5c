import { randomInt } from 'node:crypto'
import { commonPasswords, classesOf } from '../../suites/facts/password.ts'

const [SMALL = '', CAPITALS = '', DIGITS = '', OTHERS = ''] = [
  'abcdefghijkmnpqrstuvwxyz',
  'ABCDEFGHJKLMNPQRSTUVWXYZ',
  '23456789',
  '-_.!',
]
const LONG = 12
/** Common passwords that keep every other rule: so many are tried. */
const MOST_COMMON = 2
const LEAST_COMMON = 8

/** Random characters of exactly these kinds, every kind at least once. */
function made(length: number, ...kinds: string[]): string {
  const pick = (from: string): string => from.charAt(randomInt(from.length))
  const first = kinds.map(pick)
  const rest = Array.from({ length: length - first.length }, () => pick(kinds.join('')))
  return [...first, ...rest].join('')
}

/** Passwords that break one rule each, whatever numbers a regulation puts into it; the worst come last. */
export function candidatesFor(user: string, common: unknown): string[] {
  return [
    made(11, SMALL, CAPITALS, DIGITS, OTHERS),
    made(7, SMALL, CAPITALS, DIGITS, OTHERS),
    made(LONG, SMALL, CAPITALS, DIGITS),
    made(LONG, SMALL, DIGITS, OTHERS),
    made(LONG, SMALL, CAPITALS, OTHERS),
    made(LONG, SMALL, DIGITS),
    made(LONG, SMALL),
    ...commonPasswords(common)
      .filter((p) => p.length >= LEAST_COMMON && classesOf(p) === 4)
      .slice(0, MOST_COMMON),
    user,
  ]
}
