import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import { builtFile, validatorOf } from '../profiles/validator.ts'
import { lineSchemas } from '../reports/journal.ts'
import { reportSchema } from '../reports/report.ts'
import { contentOf } from '../reports/run-directory.ts'
import { registry } from '../suites/registry.generated.ts'
import type { TSchema } from '../suites/schema.ts'
import { catalogueSchema, regulationSchema } from '../suites/regulation.ts'
import { statementSchema } from '../suites/statement.ts'
import { output } from './support/programs.ts'

/** Code of schemas that is made at build says what code that is made while running says, fault by fault. */
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const load = createRequire(import.meta.url)
const fileOf = (schema: TSchema): string => join(root, 'dist/profiles/validators', basename(builtFile(schema)))
const builtOf = (schema: TSchema): ValidateFunction => load(fileOf(schema)) as ValidateFunction
const kinds = [...registry.kinds.values()]
const inputs = { report: reportSchema, statement: statementSchema, regulation: regulationSchema, catalogue: catalogueSchema } // prettier-ignore

function compare(schema: TSchema, value: unknown, about: string): boolean {
  const [built, compiled] = [builtOf(schema), validatorOf(schema)]
  const verdict = compiled(value)
  assert.equal(built(value), verdict, about)
  assert.deepEqual(built.errors, compiled.errors, about)
  return verdict === true
}

test('every schema that a report is checked against was built', () => {
  const named = [...Object.entries(inputs), ...kinds.map((k) => [k.id, k.schema] as const), ...lineSchemas]
  assert.ok(named.length > 30)
  for (const [name, schema] of named) assert.ok(existsSync(fileOf(schema)), `${name}: npm run build`)
  for (const [name, schema] of named) for (const value of [null, {}, [], 'x']) compare(schema, value, name)
})

const folder = mkdtempSync(join(tmpdir(), 'camseal-validators-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** The value with each member of its outermost object taken away, made a list, or added to. */
function* mutants(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  for (const name of Object.keys(value)) {
    const { [name]: _, ...rest } = value as Record<string, unknown>
    yield rest
    yield { ...value, [name]: [-1, {}] }
  }
  yield { ...value, more: 1 }
}

test('built and compiled agree on a real run, and on every mutant of it', () => {
  output('unzip', ['-q', join(root, 'test/golden/weak.asice'), '-d', folder])
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'))
  const cases: [schema: TSchema, value: unknown, about: string][] = [
    [inputs.report, read('report.json'), 'report'],
    [inputs.statement, read('statement.json'), 'statement'],
  ]
  const lines = readFileSync(join(folder, 'journal.jsonl'), 'utf8').trim().split('\n')
  for (const text of lines) {
    const line = JSON.parse(text) as { type: string; kind: string; object: { digest: string } }
    const schema = lineSchemas.get(line.type)
    if (schema) cases.push([schema, line, line.type])
    const kind = registry.kinds.get(line.kind)
    if (line.type !== 'observed' || !kind) continue
    const { digest } = line.object
    const content = contentOf(readFileSync(join(folder, 'objects/sha256', digest)), digest)
    assert.ok(content)
    const seen = JSON.parse(Buffer.from(content).toString('utf8')) as { answered: boolean; value?: unknown }
    if (seen.answered) cases.push([kind.schema, seen.value, line.kind])
  }
  const good = cases.filter(([schema, value, about]) => compare(schema, value, about))
  assert.ok(good.length > 100, `${good.length} of ${cases.length} are valid`)
  let refused = 0
  for (const [schema, value, about] of cases)
    for (const mutant of mutants(value)) if (!compare(schema, mutant, about)) refused++
  assert.ok(refused > 500, `${refused} refused`)
})
