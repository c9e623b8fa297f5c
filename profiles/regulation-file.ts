import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { digestOf } from '../suites/canonical.ts'
import { faulty, ok, type Fault, type Result } from '../suites/fault.ts'
import type { Registry } from '../suites/plan.ts'
import { catalogueSchema, regulationSchema, type Catalogue, type Regulation } from '../suites/regulation.ts'
import { checkValue, readYaml } from './yaml-file.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Ids of the regulations that come with this version. */
export const regulationIds = (): string[] =>
  readdirSync(join(here, 'regulations'))
    .filter((f) => f.endsWith('.yaml'))
    .map((f) => f.slice(0, -5))
    .sort()

/** A regulation by id or by file, linted against the criteria that exist. */
export function loadRegulation(idOrPath: string, registry: Registry): Result<Regulation> {
  const named = join(here, 'regulations', `${idOrPath}.yaml`)
  const byName = /^[a-z0-9-]+$/.test(idOrPath)
  if (byName && !existsSync(named))
    return faulty({ code: 'no-such-regulation', values: { name: idOrPath, known: regulationIds().join(', ') } })
  const path = byName ? named : idOrPath
  const read = readYaml(path, regulationSchema)
  if (!read.ok) return read
  const faults = lintRegulation(read.value.value, registry).map((f): Fault => {
    const line = read.value.lineOf(f.field ?? '')
    return { ...f, file: path, ...(line ? { line } : {}) }
  })
  return faults.length > 0 ? faulty(...faults) : ok(read.value.value)
}

/** Every clause is answered for: by criteria that exist with parameters that fit, or by a reason. */
export function lintRegulation(regulation: Regulation, { criteria }: Registry): Fault[] {
  const faults: Fault[] = []
  regulation.clauses.forEach((clause, i) => {
    const field = `/clauses/${i}`
    if (regulation.clauses.findIndex((c) => c.id === clause.id) !== i)
      faults.push({ code: 'doubled', values: { name: clause.id }, field })
    if ((clause.criteria?.length ?? 0) === 0 && !clause.notAssessed)
      faults.push({ code: 'clause-without-answer', values: { clause: clause.id }, field })
    clause.criteria?.forEach((demand, k) => {
      const criterion = criteria.get(demand.criterion)
      const at = `${field}/criteria/${k}`
      if (!criterion) {
        faults.push({
          code: 'unresolved',
          values: { name: demand.criterion, what: 'criteria', known: [...criteria.keys()].join(', ') },
          field: at,
        })
        return
      }
      const checked = checkValue(criterion.parameters, demand.parameters ?? {})
      if (!checked.ok) faults.push(...checked.faults.map((f) => ({ ...f, field: `${at}/parameters${f.field ?? ''}` })))
      for (const name of criterion.catalogues)
        if (!(name in regulation.catalogues))
          faults.push({ code: 'no-catalogue', values: { name, criterion: criterion.id }, field: '/catalogues' })
    })
  })
  if (regulation.text === 'verified' && !regulation.gazette)
    faults.push({ code: 'verified-without-gazette', values: {}, field: '/text' })
  return faults
}

/** The catalogues the regulations name, each once; two editions of one catalogue in a run are a fault. */
export function loadCatalogues(regulations: readonly Regulation[]): Result<Catalogue[]> {
  const wanted = new Map<string, string>()
  const faults: Fault[] = []
  for (const regulation of regulations)
    for (const [name, edition] of Object.entries(regulation.catalogues)) {
      const other = wanted.get(name)
      if (other !== undefined && other !== edition)
        faults.push({ code: 'two-editions', values: { name, one: other, other: edition } })
      wanted.set(name, edition)
    }
  const loaded: Catalogue[] = []
  for (const [name, edition] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const path = join(here, 'catalogues', `${name}.yaml`)
    const read = readYaml(path, catalogueSchema)
    if (!read.ok) faults.push(...read.faults)
    else if (read.value.value.edition !== edition)
      faults.push({
        code: 'other-edition',
        values: { name, wanted: edition, present: read.value.value.edition },
        file: path,
      })
    else loaded.push(read.value.value)
  }
  return faults.length > 0 ? faulty(...faults) : ok(loaded)
}

export const regulationDigest = (regulation: Regulation): string => digestOf(regulation)
