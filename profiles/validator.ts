import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Ajv2020, ValidateFunction } from 'ajv/dist/2020.js'
import type { TSchema } from '../suites/schema.ts'

/** Optimising the generated code takes longer than a report takes to check; a part that is shared stays a function of its own. */
export const OPTIONS = { allErrors: true, strict: true, inlineRefs: false, code: { optimize: false } } as const

const load = createRequire(import.meta.url)
const known = new WeakMap<TSchema, ValidateFunction>()
let ajv: Ajv2020 | null = null

/** Where the build leaves the code of a schema (scripts/validators.mjs), by the schema's digest. */
export const builtFile = (schema: TSchema): string =>
  fileURLToPath(
    new URL(`validators/${createHash('sha256').update(JSON.stringify(schema)).digest('hex')}.cjs`, import.meta.url),
  )

/** Code that was made at build loads in a fraction of the time that making it takes. */
function built(schema: TSchema): ValidateFunction | null {
  const file = builtFile(schema)
  return existsSync(file) ? (load(file) as ValidateFunction) : null
}

type Node = Record<string, unknown>
const WITHIN = new Set(['items', 'prefixItems', 'anyOf', 'allOf', 'oneOf', 'not', 'additionalProperties'])
const WORTH_SHARING = 200

/** The schema with each part that it repeats written once (JSON Schema 2020-12, section 8.2.4): else its code grows to megabytes. */
export function sharing(schema: TSchema): Node {
  const times = new Map<string, number>()
  const count = (part: Node): Node => {
    const text = JSON.stringify(part)
    if (text.length >= WORTH_SHARING) times.set(text, (times.get(text) ?? 0) + 1)
    return eachWithin(part, count)
  }
  eachWithin(schema, count)
  const names = new Map([...times].filter(([, n]) => n > 1).map(([text], i) => [text, `part-${i}`]))
  const shared: Node = {}
  const short = (part: Node): Node => {
    const name = names.get(JSON.stringify(part))
    if (name === undefined) return eachWithin(part, short)
    shared[name] ??= eachWithin(part, short)
    return { $ref: `#/$defs/${name}` }
  }
  const whole = eachWithin(JSON.parse(JSON.stringify(schema)) as Node, short)
  return names.size === 0 ? whole : { ...whole, $defs: shared }
}

/** A schema with something else in place of each schema directly within it. */
function eachWithin(schema: Node, instead: (part: Node) => Node): Node {
  const walk = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(walk)
      : typeof value === 'object' && value !== null
        ? instead(value as Node)
        : value
  const mapped = (value: unknown): Node =>
    Object.fromEntries(Object.entries(value as Node).map(([name, part]) => [name, walk(part)]))
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === 'properties' ? mapped(value) : WITHIN.has(key) ? walk(value) : value,
    ]),
  )
}

function compiled(schema: TSchema): ValidateFunction {
  const library = load('ajv/dist/2020.js') as { Ajv2020: new (options: typeof OPTIONS) => Ajv2020 }
  ajv ??= new library.Ajv2020(OPTIONS)
  return ajv.compile(sharing(schema))
}

/** What checks a value against a schema; the same for the same schema. */
export function validatorOf(schema: TSchema): ValidateFunction {
  const validator = known.get(schema) ?? built(schema) ?? compiled(schema)
  known.set(schema, validator)
  return validator
}
