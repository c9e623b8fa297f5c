import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { digestOf, digestOfBytes } from '../../suites/canonical.ts'
import { demandOf, kindsOf } from '../../suites/plan.ts'
import type { Catalogue, Regulation } from '../../suites/regulation.ts'
import { registry } from '../../suites/registry.generated.ts'
import type { Case } from './case.ts'

/** The tree that the modules stand in: of sources, or as it was built. */
const tree = fileURLToPath(new URL('../..', import.meta.url))
const ending = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
/** What observes, judges and plays the camera whatever the case is. */
const ALWAYS = [
  'lab/verbs/run',
  'lab/start',
  'lab/run',
  'lab/cameras/reference-camera',
  'lab/qualification/observe-case',
  'suites/judge',
]
/** Lists of everything, of which a case uses a part, and what only shows results. */
const NOT_FOLLOWED = /\.generated\.|^lab\/verbs\/|^reports\/(?:formats|locales|catalog|render)/
const IMPORT = /\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g

const texts = new Map<string, { digest: string; imports: string[] }>()

/** A module's digest and what it loads of this program; read once. */
function moduleAt(path: string): { digest: string; imports: string[] } {
  const known = texts.get(path)
  if (known) return known
  const bytes = readFileSync(join(tree, path))
  const imports = [...bytes.toString('utf8').matchAll(IMPORT)]
    .map(([, to = '']) => relative(tree, join(tree, dirname(path), to)))
    .filter((to) => to.endsWith(ending) && !NOT_FOLLOWED.test(to))
  const module = { digest: digestOfBytes(bytes), imports }
  texts.set(path, module)
  return module
}

/** Every module that a case's result comes from, by path: the frame, the camera, its criteria, and the probes of what they ask for. */
export function modulesOf(one: Case, regulation: Regulation): Map<string, string> {
  const deselected = [...registry.criteria.keys()].filter((id) => !one.criteria.includes(id))
  const kinds = kindsOf(demandOf([regulation], { mode: 'rehearsal', deselected }), registry)
  const manners = (one.weakness?.manners ?? []).map((id) => `lab/cameras/manners/${id}`)
  const probes = [...kinds.keys()].flatMap((id) => [`suites/observations/${id}`, `lab/probes/${id}`])
  const queue = [...ALWAYS, ...manners, ...probes, ...one.criteria.map((id) => `suites/${id}`)].map((m) => m + ending)
  const found = new Map<string, string>()
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (found.has(path)) continue
    const { digest, imports } = moduleAt(path)
    found.set(path, digest)
    queue.push(...imports)
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Digest of all that a case's result depends on; a change of anything else leaves the result as it is. */
export function groundOf(one: Case, regulation: Regulation, catalogues: readonly Catalogue[]): string {
  const asked = regulation.clauses.flatMap((c) => c.criteria ?? []).filter((c) => one.criteria.includes(c.criterion))
  return digestOf([[...modulesOf(one, regulation)], libraries(), asked, catalogues.map(digestOf)])
}

/** The libraries with their versions, which are pinned. */
function libraries(): unknown {
  const file = [tree, dirname(tree)].map((folder) => join(folder, 'package.json')).find((path) => existsSync(path))
  return file === undefined ? null : (JSON.parse(readFileSync(file, 'utf8')) as { dependencies: unknown }).dependencies
}
