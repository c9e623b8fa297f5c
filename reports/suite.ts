import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { digestOf, digestOfBytes } from '../suites/canonical.ts'

/** What this installation judges with. From source it is `unreleased`: good for rehearsals and the demo only. */
export interface Suite {
  digest: string
  state: 'released' | 'unreleased'
  /** Files that are not what the build recorded. */
  changed: string[]
}

const here = fileURLToPath(new URL('..', import.meta.url))

/** The suite digest made at build, checked against the files that are here now. */
export function installedSuite(): Suite {
  const record = join(here, 'suite-digest.json')
  if (!existsSync(record)) return { digest: digestOfSources(), state: 'unreleased', changed: [] }
  const { digest, files } = JSON.parse(readFileSync(record, 'utf8')) as {
    digest: string
    files: Record<string, string>
  }
  const changed = Object.entries(files).flatMap(([path, expected]) => {
    const at = path.startsWith('suites/') ? join(here, path) : join(dirname(here), path)
    return existsSync(at) && digestOfBytes(readFileSync(at)) === expected ? [] : [path]
  })
  return { digest, state: changed.length === 0 ? 'released' : 'unreleased', changed }
}

function digestOfSources(): string {
  const folder = join(here, 'suites')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile() && f.name.endsWith('.ts'))
    .map((f) => join(f.parentPath, f.name))
    .sort()
  return digestOf(files.map((f) => [relative(folder, f), digestOfBytes(readFileSync(f))]))
}

/** Version of the package. */
export function packageVersion(): string {
  for (const base of [here, dirname(here)]) {
    const file = join(base, 'package.json')
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
  }
  return '0.0.0'
}
