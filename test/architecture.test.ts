import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, normalize, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

/** Each folder imports only from itself and from those before it. */
const ORDER = ['suites', 'profiles', 'reports', 'lab', 'console']
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

const sources = ORDER.flatMap((folder) => {
  try {
    return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((f) => f.isFile() && f.name.endsWith('.ts'))
      .map((f) => relative(root, join(f.parentPath, f.name)))
  } catch {
    return []
  }
})

/** Static imports, re-exports, dynamic imports and worker or child files named by URL. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const found = [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]/g),
    ...text.matchAll(/(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g),
    ...text.matchAll(/\bimport\(\s*['"`]([^'"`]+)['"`]/g),
    ...text.matchAll(/\brequire\(\s*['"`]([^'"`]+)['"`]/g),
  ]
  return found.map((m) => m[1] ?? '')
}

test('folders import only from those before them', () => {
  assert.ok(sources.length > 50, 'the tree was found')
  const wrong: string[] = []
  for (const file of sources) {
    const own = ORDER.indexOf(file.split('/')[0] ?? '')
    for (const name of importsOf(file).filter((n) => n.startsWith('.'))) {
      const target = normalize(join(dirname(file), name))
      const folder = ORDER.indexOf(target.split('/')[0] ?? '')
      if (folder === -1 || folder > own) wrong.push(`${file} imports ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('the rule can fail: a planted import is seen', () => {
  const folder = (path: string) => ORDER.indexOf(path.split('/')[0] ?? '')
  assert.ok(folder('lab/run.ts') > folder('reports/verify.ts'))
})

test('suites are pure: no builtins, clock, randomness, locale or lossy decoding', () => {
  const forbidden =
    /\b(?:Date\b|Math\.(?:random|log|exp|pow|sin|cos|tan)|process\.|Buffer\b|performance\b|Intl\b|setTimeout|TextDecoder|localeCompare|\.normalize\(|toLocale|\\p\{)/
  const wrong: string[] = []
  for (const file of sources.filter((f) => f.startsWith('suites/'))) {
    for (const name of importsOf(file))
      if (name.startsWith('node:') || builtinModules.includes(name)) wrong.push(`${file} imports ${name}`)
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .forEach((line, i) => {
        const code = line
          .replace(/\/\/.*$|^\s*\*.*$|\/\*\*.*\*\//, '')
          .replace(/'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/g, "''")
        if (forbidden.test(code)) wrong.push(`${file}:${i + 1} ${line.trim()}`)
      })
  }
  assert.deepEqual(wrong, [])
})

test('suites type-check without Node and without a browser', () => {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', join(root, 'suites/tsconfig.json')], { cwd: root, stdio: 'pipe' })
})

test('verify loads nothing of lab', () => {
  const script = `
    await import(${JSON.stringify(join(root, 'dist/reports/verbs/verify.js'))})
    await import(${JSON.stringify(join(root, 'dist/reports/judge-worker.js'))})
  `
  const trace = `
    export async function resolve(specifier, context, next) {
      const result = await next(specifier, context)
      process._rawDebug('LOADED ' + result.url)
      return result
    }
  `
  const loader = `data:text/javascript,${encodeURIComponent(trace)}`
  const register = `import { register } from 'node:module'; register(${JSON.stringify(loader)})`
  const run = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(register)}`, '--input-type=module', '-e', script],
    { encoding: 'utf8' },
  )
  const loaded = [...run.stderr.matchAll(/LOADED (\S+)/g)].map((m) => m[1] ?? '')
  assert.ok(
    loaded.some((u) => u.includes('/dist/suites/judge')),
    run.stderr.slice(0, 500),
  )
  assert.deepEqual(
    loaded.filter((u) => u.includes('/dist/lab/')),
    [],
  )
})

test('generated lists match their folders', () => {
  const run = spawnSync(process.execPath, [join(root, 'scripts/generate.mjs'), '--check'], { encoding: 'utf8' })
  assert.equal(run.status, 0, run.stderr)
})

test('published schemas are those the code enforces', () => {
  const run = spawnSync(process.execPath, [join(root, 'scripts/schemas.mjs'), '--check'], { encoding: 'utf8' })
  assert.equal(run.status, 0, run.stderr)
})

test('every criterion has a weakness, a text and a regulation that asks for it', async () => {
  const { registry } = await import('../suites/registry.generated.ts')
  const { weaknesses } = await import('../lab/cameras/weaknesses.generated.ts')
  const { loadRegulation, regulationIds } = await import('../profiles/regulation-file.ts')
  const { bilingual } = await import('../reports/locales/index.ts')
  const asked = new Set<string>()
  for (const id of regulationIds()) {
    const loaded = loadRegulation(id, registry)
    assert.ok(loaded.ok, JSON.stringify(loaded))
    for (const clause of loaded.value.clauses) for (const d of clause.criteria ?? []) asked.add(d.criterion)
  }
  const missing: string[] = []
  for (const id of registry.criteria.keys()) {
    if (!weaknesses.some((w) => w.criteria.includes(id))) missing.push(`${id}: no weakness`)
    if (!asked.has(id)) missing.push(`${id}: asked for by nobody`)
    for (const key of ['title', 'asks', 'looks', 'mends'])
      if (!bilingual(`criteria/${id}`, key)) missing.push(`${id}: no text ${key}`)
  }
  for (const w of weaknesses)
    for (const c of w.criteria) if (!registry.criteria.has(c)) missing.push(`${w.id}: no criterion ${c}`)
  assert.deepEqual(missing, [])
})

test('files stay short enough to read', () => {
  const long = sources
    .filter((f) => !f.includes('.generated.') && !/clip\.ts|pictures\.ts|tls-suites\.ts/.test(f))
    .map((f) => [f, readFileSync(join(root, f), 'utf8').split('\n').length] as const)
    .filter(([, n]) => n > 300)
  assert.deepEqual(long, [])
})
