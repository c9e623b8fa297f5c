// Code of the schemas that a run and its report are checked against, for profiles/validator.ts: making it is most of the time that
// checking a small report would take.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'

/** Writes into a built tree what its own modules will look for. */
export async function writeValidators(out) {
  const built = (path) => import(pathToFileURL(join(out, path)).href)
  const { builtFile, sharing, OPTIONS } = await built('profiles/validator.js')
  const { catalogueSchema, regulationSchema } = await built('suites/regulation.js')
  const { statementSchema } = await built('suites/statement.js')
  const { registry } = await built('suites/registry.generated.js')
  const { benchFileSchema, reportSchema } = await built('reports/report.js')
  const { lineSchemas } = await built('reports/journal.js')
  const ajv = new Ajv2020({ ...OPTIONS, code: { source: true } })
  const schemas = [
    ...[reportSchema, benchFileSchema, statementSchema, regulationSchema, catalogueSchema, ...lineSchemas.values()],
    ...[...registry.kinds.values()].map((kind) => kind.schema),
    ...[...registry.criteria.values()].map((criterion) => criterion.parameters),
  ]
  for (const schema of schemas) {
    const file = builtFile(schema)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, standalone.default(ajv, ajv.compile(sharing(schema))))
  }
}
