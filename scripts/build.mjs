// Compiles to dist/, puts data beside the code that reads it, and writes the suite digest.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const out = join(root, 'dist')
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')

execFileSync(process.execPath, [join(root, 'scripts/generate.mjs')], { stdio: 'inherit' })
rmSync(out, { recursive: true, force: true })
// Types are checked by `npm run types`: that takes three times as long.
execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.json'), '--noCheck'], { stdio: 'inherit', cwd: root })
for (const folder of ['suites', 'profiles', 'reports', 'lab'])
  for (const file of readdirSync(join(root, folder), { recursive: true })) {
    const from = join(root, folder, file)
    if (/\.(ts|tsx)$|tsconfig\.json$/.test(file) || !statSync(from).isFile()) continue
    mkdirSync(dirname(join(out, folder, file)), { recursive: true })
    cpSync(from, join(out, folder, file))
  }
const { localeFile, localeNames } = await import(pathToFileURL(join(out, 'reports/locales/index.js')).href)
const locales = Object.fromEntries(localeNames().map((name) => [name, localeFile(name)]))
writeFileSync(join(out, 'reports/locales/all.json'), JSON.stringify(locales))
const { writeValidators } = await import(pathToFileURL(join(root, 'scripts/validators.mjs')).href)
await writeValidators(out)
const { bundlePrograms } = await import(pathToFileURL(join(root, 'scripts/bundle.mjs')).href)
const programs = await bundlePrograms(out)
const { writeSuiteDigest } = await import(pathToFileURL(join(root, 'scripts/suite-digest.mjs')).href)
const digest = writeSuiteDigest(root, out, programs)
console.log(`built ${relative(root, out)}/, suite ${digest.slice(0, 16)}`)
