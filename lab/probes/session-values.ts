import { createHmac, randomInt } from 'node:crypto'
import { LONGEST_STEP, type Entry, type Sessions } from '../../suites/observations/sessions.ts'
import type { Holding } from '../instruments/session-parts.ts'

type Gave = Entry['gave'][number]
type Reading = Sessions['values'][number]['readings'][number]

const CLASSES: readonly [Gave['characters'][number], RegExp][] = [
  ['digit', /[0-9]/],
  ['a-f', /[a-f]/],
  ['g-z', /[g-z]/],
  ['A-F', /[A-F]/],
  ['G-Z', /[G-Z]/],
  ['dash', /[-_]/],
  ['other', /[^0-9A-Za-z_-]/],
]

interface Value {
  is: Gave['is']
  name: string
  value: string
}

/** Cookies by name, then the token. */
export const valuesOf = ({ cookies, token }: Holding, tokenName: string): Value[] => [
  ...[...cookies].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => ({ is: 'cookie' as const, name, value })),
  ...(token === null ? [] : [{ is: 'token' as const, name: tokenName, value: token }]),
]

/** What may be told of the values: lengths, kinds of characters, and which are equal. */
export const toldOf = (values: readonly Value[], key: Uint8Array): Gave[] =>
  values.map(({ is, name, value }) => ({
    is,
    name,
    length: value.length,
    characters: CLASSES.filter(([, one]) => one.test(value)).map(([id]) => id),
    digest: createHmac('sha256', key).update(value, 'latin1').digest('hex'),
  }))

const ALPHABETS = ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', 'GHIJKLMNOPQRSTUVWXYZ'] as const

/** Of the same length, each character drawn from the kind it had: what a device that looks at the form takes for its own. */
export const madeUpLike = (value: string): string =>
  [...value]
    .map((c) => {
      const alphabet = ALPHABETS.find((a) => a.includes(c))
      return alphabet ? alphabet.charAt(randomInt(alphabet.length)) : c
    })
    .join('')

/** Every value that several log-ins gave under one name, beside one another. */
export function comparedValues(logIns: readonly (readonly Value[])[]): Sessions['values'] {
  const names = new Map(logIns.flat().map(({ is, name }) => [`${is} ${name}`, { is, name }]))
  return [...names.values()].flatMap(({ is, name }) => {
    const texts = logIns.flatMap((values) => values.filter((v) => v.is === is && v.name === name).map((v) => v.value))
    return texts.length < 2 ? [] : [{ is, name, places: placesOf(texts), readings: readingsOf(texts) }]
  })
}

function placesOf(texts: readonly string[]): number | null {
  const [one = ''] = texts
  if (texts.some((t) => t.length !== one.length)) return null
  return [...one].filter((_, i) => texts.some((t) => t.charAt(i) !== one.charAt(i))).length
}

/** The texts whole, and without what all share at both ends but for the characters of the number itself. */
function readingsOf(texts: readonly string[]): Reading[] {
  const start = sharedStart(texts)
  const end = sharedStart(texts.map((t) => [...t.slice(start)].reverse().join('')))
  const [one = ''] = texts
  return CODINGS.flatMap(({ coding, fits, read, before, after }) => {
    const first = start - (before?.exec(one.slice(0, start))?.[0].length ?? 0)
    const last = end - (after?.exec(one.slice(one.length - end))?.[0].length ?? 0)
    const rest = texts.map((t) => t.slice(first, t.length - last))
    return (
      [
        ['whole', texts],
        ['rest', first + last > 0 ? rest : []],
      ] as const
    ).flatMap(([of, parts]) => readingOf(of, coding, fits, read, parts))
  })
}

const sharedStart = (texts: readonly string[]): number => {
  const [one = ''] = texts
  let n = 0
  while (n < one.length && texts.every((t) => t.charAt(n) === one.charAt(n))) n++
  return n
}

/** Longer texts are no counters, and numbers of them are slow. */
const LONGEST_READ = 512

interface Coding {
  coding: Reading['coding']
  fits: RegExp
  read(text: string): string
  /** What may belong to the number at the end of what comes before it, and at the beginning of what follows. */
  before?: RegExp
  after?: RegExp
}

const CODINGS: readonly Coding[] = [
  { coding: 'decimal', fits: /^[0-9]+$/, read: (t) => t, before: /[0-9]*$/, after: /^[0-9]*/ },
  {
    coding: 'hexadecimal',
    fits: /^(?:[0-9a-f]+|[0-9A-F]+)$/,
    read: (t) => `0x${t}`,
    before: /[0-9A-Fa-f]*$/,
    after: /^[0-9A-Fa-f]*/,
  },
  {
    coding: 'base64',
    fits: /^[A-Za-z0-9+/_-]{4,}={0,2}$/,
    read: (t) => `0x0${Buffer.from(t, 'base64').toString('hex')}`,
  },
]

function readingOf(
  of: Reading['of'],
  coding: Reading['coding'],
  fits: RegExp,
  read: (text: string) => string,
  texts: readonly string[],
): Reading[] {
  if (texts.length < 2 || texts.some((t) => t.length > LONGEST_READ || !fits.test(t))) return []
  const numbers = texts.map((t) => BigInt(read(t)))
  const longest = BigInt(Math.max(...texts.map((t) => t.length)))
  const most = coding === 'decimal' ? 10n ** longest : coding === 'hexadecimal' ? 16n ** longest : 64n ** longest
  const steps = numbers.slice(1).map((n, i) => {
    const step = n - (numbers[i] ?? 0n)
    return step <= BigInt(LONGEST_STEP) && step >= -BigInt(LONGEST_STEP) ? Number(step) : null
  })
  return [{ of, coding, bits: (most - 1n).toString(2).length, steps }]
}
