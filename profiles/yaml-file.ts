import { closeSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import type { ErrorObject } from 'ajv/dist/2020.js'
import { isMap, isNode, LineCounter, parseDocument, type Document } from 'yaml'
import { digestOfBytes } from '../suites/canonical.ts'
import { faulty, ok, type Fault, type Result } from '../suites/fault.ts'
import type { Static, TSchema } from '../suites/schema.ts'
import { validatorOf } from './validator.ts'

/** Checks a value that did not come from a file; every fault with its field. */
export function checkValue<S extends TSchema>(schema: S, value: unknown, file?: string): Result<Static<S>> {
  const validate = validatorOf(schema)
  if (validate(value)) return ok(value as Static<S>)
  return faulty(...(validate.errors ?? []).flatMap((e) => faultOf(e)).map((f) => (file ? { ...f, file } : f)))
}

export interface YamlFile<T> {
  value: T
  bytes: Uint8Array
  /** SHA-256 of the file as it was read. */
  sha256: string
  /** Line (from 1) of the value a JSON pointer names; of its nearest parent where the value is absent. */
  lineOf(pointer: string): number | undefined
}

/** A YAML file without a schema. */
export interface ParsedYaml {
  value: unknown
  bytes: Uint8Array
  lineOf: YamlFile<unknown>['lineOf']
}

/** Reads a YAML file: syntax and duplicate keys. */
export function parseYaml(path: string): Result<ParsedYaml> {
  let bytes: Buffer
  try {
    bytes = headOf(path, MOST_BYTES + 1)
  } catch (e) {
    return faulty({ code: 'unreadable', values: { why: (e as NodeJS.ErrnoException).code ?? 'unknown' }, file: path })
  }
  if (bytes.length > MOST_BYTES) return faulty({ code: 'too-large', values: { limit: MOST_BYTES / 1024 }, file: path })
  const text = utf8(bytes)
  if (text === null) return faulty({ code: 'yaml-syntax', values: { why: 'not UTF-8' }, file: path })
  if (isTooDeep(text)) return faulty({ code: 'yaml-syntax', values: { why: 'nested too deeply' }, file: path })
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true, prettyErrors: true })
  if (document.errors.length > 0) return faulty(...syntaxFaults(document.errors, path))
  if (document.contents === null) return faulty({ code: 'empty', values: {}, file: path })
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 })
    return ok({ value, bytes: new Uint8Array(bytes), lineOf: (pointer) => lineIn(document, counter, pointer) })
  } catch {
    return faulty({ code: 'yaml-aliases', values: {}, file: path })
  }
}

/** Statements, regulations and catalogues are written by people; finding doubled keys takes the square of their number. */
const MOST_BYTES = 512 * 1024
/** One slip of the pen can make thousands of errors behind it. */
const MOST_ERRORS = 20

/** The parser follows nesting by calling itself: what nobody writes by hand would exhaust the stack, and end the program. */
function isTooDeep(text: string): boolean {
  let depth = 0
  for (const c of text) {
    if (c === '[' || c === '{') depth++
    else if (c === ']' || c === '}') depth = Math.max(0, depth - 1)
    if (depth > MOST_NESTED) return true
  }
  return /^ *(?:[-?] +){500}/m.test(text)
}
const MOST_NESTED = 500

/** The beginning of a file; a device or a pipe is read no further. */
function headOf(path: string, most: number): Buffer {
  const bytes = Buffer.alloc(most)
  const file = openSync(path, 'r')
  try {
    let length = 0
    for (let n = -1; n !== 0 && length < most; length += n) n = readSync(file, bytes, length, most - length, null)
    return bytes.subarray(0, length)
  } finally {
    closeSync(file)
  }
}

/** The parser's errors, with their lines; how it ends its sentences is its own affair. */
const syntaxFaults = (errors: Document['errors'], file: string): Fault[] =>
  errors.slice(0, MOST_ERRORS).map((e): Fault => {
    const line = e.linePos?.[0].line
    const where = { file, ...(line ? { line } : {}) }
    if (e.code === 'MULTIPLE_DOCS') return { code: 'yaml-documents', values: {}, ...where }
    const why = (e.message.split('\n')[0] ?? e.code).replace(/ at line \d+, column \d+:?$/, '.')
    return { code: 'yaml-syntax', values: { why }, ...where }
  })

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** Faults of a file with the lines of their fields. */
export const placed = (faults: readonly Fault[], file: string, lineOf: ParsedYaml['lineOf']): Fault[] =>
  faults.map((f) => {
    const line = lineOf(f.field ?? '')
    return { ...f, file, ...(line ? { line } : {}) }
  })

/** Reads a YAML file against a schema. Every fault at once: syntax, duplicate keys, unknown members, wrong values. */
export function readYaml<S extends TSchema>(path: string, schema: S): Result<YamlFile<Static<S>>> {
  const parsed = parseYaml(path)
  if (!parsed.ok) return parsed
  const { value, bytes, lineOf } = parsed.value
  const checked = checkValue(schema, value)
  return checked.ok
    ? ok({ value: checked.value, bytes, sha256: digestOfBytes(bytes), lineOf })
    : faulty(...placed(checked.faults, path, lineOf))
}

function lineIn(document: Document, counter: LineCounter, pointer: string): number | undefined {
  const parts = pointer.split('/').slice(1).map(unescapePointer)
  for (let depth = parts.length; depth >= 0; depth--) {
    const path = parts.slice(0, depth)
    const parent = depth > 0 ? document.getIn(path.slice(0, -1), true) : null
    const pair = isMap(parent)
      ? parent.items.find((i) => isNode(i.key) && String(i.key) === path[depth - 1])
      : undefined
    const node = pair && isNode(pair.key) ? pair.key : document.getIn(path, true)
    if (isNode(node) && node.range) return counter.linePos(node.range[0]).line
  }
  return undefined
}

const unescapePointer = (part: string): string => part.replace(/~1/g, '/').replace(/~0/g, '~')

/** The validator's words turned into ours: which field, what was expected, what stood there. */
function faultOf(e: ErrorObject): Fault[] {
  const field = e.instancePath
  const parameters = e.params as Record<string, unknown>
  const show = (v: unknown) => (Array.isArray(v) ? v.join(', ') : String(v))
  switch (e.keyword) {
    case 'required':
      return [
        {
          code: 'missing-field',
          values: { name: show(parameters.missingProperty) },
          field: `${field}/${show(parameters.missingProperty)}`,
        },
      ]
    case 'additionalProperties':
      return [
        {
          code: 'unknown-field',
          values: { name: show(parameters.additionalProperty) },
          field: `${field}/${show(parameters.additionalProperty)}`,
        },
      ]
    case 'enum':
      return [{ code: 'not-one-of', values: { expected: show(parameters.allowedValues) }, field }]
    case 'type':
      return [{ code: 'wrong-type', values: { expected: show(parameters.type) }, field }]
    case 'pattern':
      return [{ code: 'wrong-form', values: { expected: show(parameters.pattern) }, field }]
    case 'minimum':
    case 'maximum':
      return [
        {
          code: 'out-of-range',
          values: { expected: `${show(parameters.comparison)} ${show(parameters.limit)}` },
          field,
        },
      ]
    case 'minLength':
      return [{ code: 'empty', values: {}, field }]
    case 'anyOf':
      return []
    default:
      return [{ code: 'wrong-value', values: { expected: `${e.keyword}: ${e.message ?? ''}` }, field }]
  }
}

/** How a file is called in messages. */
export const fileName = (path: string): string => basename(path)
