// Makes the golden bundles again from a demonstration: node scripts/golden.mjs DEMO_DIRECTORY
import { cpSync, mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const demo = resolve(process.argv[2] ?? 'camseal-demo')
mkdirSync(join(root, 'test/golden'), { recursive: true })
for (const name of ['sound', 'weak'])
  cpSync(join(demo, name, 'report/report.asice'), join(root, `test/golden/${name}.asice`))
