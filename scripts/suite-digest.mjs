// Suite digest: SHA-256 over the sorted (path, digest) list of the compiled suites/ and every npm file it loads. The programs that
// were put together from them (scripts/bundle.mjs) are recorded beside it, so that a changed one is noticed as well.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { pathToFileURL, fileURLToPath } from 'node:url'

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')
const IMPORT =
  /(?:^|[\s;}])(?:import|export)\s*(?:[\w*{}\s,$]+\s*from\s*)?["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)|\brequire\(\s*["']([^"']+)["']\s*\)/g

/** Every file that judging loads, as absolute paths: followed from the compiled suites through node_modules. */
export function filesOf(out) {
  const start = readdirSync(join(out, 'suites'), { recursive: true })
    .map((f) => join(out, 'suites', f))
    .filter((f) => f.endsWith('.js'))
  const seen = new Set()
  const queue = [...start]
  while (queue.length > 0) {
    const file = queue.pop()
    if (seen.has(file)) continue
    seen.add(file)
    const text = readFileSync(file, 'utf8')
    for (const match of text.matchAll(IMPORT)) {
      const name = match[1] ?? match[2] ?? match[3]
      if (name.startsWith('node:')) continue
      const to = name.startsWith('.') ? fileURLToPath(new URL(name, pathToFileURL(file))) : resolveEsm(name, file)
      if (to) queue.push(existsSync(to) ? to : `${to}.js`)
    }
  }
  return [...seen].sort()
}

function resolveEsm(name, from) {
  const parts = name.split('/')
  const pkg = name.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]
  const require = createRequire(from)
  let directory = null
  for (const base of require.resolve.paths(name) ?? []) {
    try {
      readFileSync(join(base, pkg, 'package.json'))
      directory = join(base, pkg)
      break
    } catch {
      continue
    }
  }
  if (!directory) throw new Error(`suites load ${name}, which is not installed`)
  const meta = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  const sub = `.${name.slice(pkg.length)}` || '.'
  const entry = meta.exports?.[sub]
  const target = pick(entry) ?? (sub === '.' ? (meta.module ?? meta.main ?? 'index.js') : sub)
  return join(directory, target)
}

function pick(entry) {
  if (typeof entry === 'string') return entry
  if (!entry) return null
  return pick(entry.import ?? entry.node ?? entry.default)
}

export function suiteDigestOf(root, out) {
  const files = filesOf(out).map((f) => {
    const path = f.startsWith(out) ? relative(out, f) : relative(root, f).replaceAll('\\', '/')
    return [path, sha256(readFileSync(f))]
  })
  files.sort(([a], [b]) => (a < b ? -1 : 1))
  return { digest: sha256(JSON.stringify(files)), files }
}

export function writeSuiteDigest(root, out, programs) {
  const result = suiteDigestOf(root, out)
  const files = [
    ...result.files,
    ...programs.map((file) => [join('dist', file), sha256(readFileSync(join(out, file)))]),
  ]
  writeFileSync(
    join(out, 'suite-digest.json'),
    JSON.stringify({ digest: result.digest, files: Object.fromEntries(files) }, null, 1) + '\n',
  )
  return result.digest
}
