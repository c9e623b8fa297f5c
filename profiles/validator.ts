import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Ajv2020, ValidateFunction } from 'ajv/dist/2020.js'
import type { TSchema } from '../suites/schema.ts'

/** Optimising the generated code takes longer than a report takes to check. */
export const OPTIONS = { allErrors: true, strict: true, code: { optimize: false } } as const

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

function compiled(schema: TSchema): ValidateFunction {
  const library = load('ajv/dist/2020.js') as { Ajv2020: new (options: typeof OPTIONS) => Ajv2020 }
  ajv ??= new library.Ajv2020(OPTIONS)
  return ajv.compile(schema)
}

/** What checks a value against a schema; the same for the same schema. */
export function validatorOf(schema: TSchema): ValidateFunction {
  const validator = known.get(schema) ?? built(schema) ?? compiled(schema)
  known.set(schema, validator)
  return validator
}
