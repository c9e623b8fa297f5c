// Publishes the schemas of every file format, from the code that enforces them: node scripts/schemas.mjs [--check]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const load = (file) => import(pathToFileURL(join(root, 'dist', file)).href)
const { reportSchema, benchFileSchema } = await load('reports/report.js')
const { statementSchema } = await load('suites/statement.js')
const { regulationSchema, catalogueSchema } = await load('suites/regulation.js')
const { qualificationSchema } = await load('lab/qualification/qualification.js')
const { registry } = await load('suites/registry.generated.js')

const schemas = {
  'report-1': reportSchema,
  'bench-1': benchFileSchema,
  'statement-1': statementSchema,
  'regulation-1': regulationSchema,
  'catalogue-1': catalogueSchema,
  'qualification-1': qualificationSchema,
  ...Object.fromEntries(
    [...registry.kinds.values()].map((k) => [`observation-${k.id}-${k.version.split('.')[0]}`, k.schema]),
  ),
}
mkdirSync(join(root, 'docs/schemas'), { recursive: true })
let stale = 0
for (const [name, schema] of Object.entries(schemas)) {
  const path = join(root, `docs/schemas/${name}.json`)
  const text = `${JSON.stringify({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema }, null, 1)}\n`
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  if (process.argv.includes('--check')) {
    console.error(`docs/schemas/${name}.json is not what the code enforces: run npm run generate`)
    stale++
  } else writeFileSync(path, text)
}
process.exitCode = stale > 0 ? 1 : 0
