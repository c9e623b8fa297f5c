import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { canonical, digestOf } from '../../suites/canonical.ts'
import { faulty, ok, type Fault, type Result } from '../../suites/fault.ts'
import { registry } from '../../suites/registry.generated.ts'
import { loadCatalogues } from '../../profiles/regulation-file.ts'
import { checkValue } from '../../profiles/yaml-file.ts'
import { writeWhole } from '../../reports/run-directory.ts'
import { installedSuite, packageVersion } from '../../reports/suite.ts'
import { weaknesses } from '../cameras/weaknesses.generated.ts'
import { isInside } from '../isolation.ts'
import { casesOf, keyOf, unknownNames, type Case } from './case.ts'
import { groundOf } from './ground.ts'
import { keepQualification, labDigest } from './kept.ts'
import { observeCase, regulationOfCases } from './observe-case.ts'
import { exitOfQualification, proofsOf, qualificationSchema, type Qualification } from './qualification.ts'
import { caseResultSchema, type CaseResult } from './result.ts'

export interface QualifyRequest {
  /** Keeps the results of cases between calls; `qualification.json` is written there. */
  directory: string
  only: string[]
  /** Cameras at once; on a shared loopback there is only one. */
  atOnce?: number
  signal: AbortSignal
  onCase: (done: CaseDone) => void
}

export interface CaseDone {
  id: string
  n: number
  of: number
  /** Null where the camera could not be tested. */
  result: CaseResult | null
  /** Taken from an earlier call. */
  kept: boolean
  faults: Fault[]
}

/** Most of a case is waiting for locks, logs and reboots: more cameras than processors. */
const mostAtOnce = (): number => (isInside() ? Math.min(12, 3 * availableParallelism()) : 1)

export const qualificationCases = (only: readonly string[]): Case[] => casesOf(weaknesses, registry, only)

/** Tests the sound cameras and every weak one, and says which criterion noticed what. */
export async function qualify(request: QualifyRequest): Promise<Result<Qualification>> {
  const unknown = unknownNames(request.only, weaknesses, registry)
  if (unknown.length > 0)
    return faulty(...unknown.map((name) => ({ code: 'qualify-unknown', values: { name }, field: '--only' })))
  const regulation = regulationOfCases()
  if (!regulation.ok) return regulation
  const catalogues = loadCatalogues([regulation.value])
  if (!catalogues.ok) return catalogues
  const suite = installedSuite()
  const lab = labDigest()
  const cases = qualificationCases(request.only)
  const groundFor = (one: Case): string => groundOf(one, regulation.value, catalogues.value)
  const results = await resultsOf(cases, groundFor, request)
  const qualification: Qualification = {
    camseal: 'qualification/1',
    tool: {
      name: 'camseal',
      version: packageVersion(),
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    },
    suite: { digest: suite.digest, state: suite.state },
    lab,
    regulation: {
      id: regulation.value.id,
      edition: regulation.value.edition,
      digest: digestOf(regulation.value),
    },
    network: isInside() ? 'private' : 'loopback',
    whole: request.only.length === 0,
    ...proofsOf(cases, results, registry),
  }
  const checked = checkValue(qualificationSchema, JSON.parse(canonical(qualification)), 'qualification.json')
  if (!checked.ok) return checked
  writeWhole(join(request.directory, 'qualification.json'), new TextEncoder().encode(`${canonical(qualification)}\n`))
  if (qualification.whole && exitOfQualification(qualification) === 0)
    keepQualification(qualification, Date.now() * 1000)
  return ok(qualification)
}

/** Results by case: those kept under the same key, and the missing ones, several cameras at once. */
async function resultsOf(
  cases: readonly Case[],
  groundFor: (one: Case) => string,
  { directory, atOnce = mostAtOnce(), signal, onCase }: QualifyRequest,
): Promise<Map<string, CaseResult>> {
  mkdirSync(join(directory, 'results'), { recursive: true })
  const results = new Map<string, CaseResult>()
  let n = 0
  const settle = (id: string, result: CaseResult | null, kept: boolean, faults: Fault[]) => {
    if (result) results.set(id, result)
    onCase({ id, n: ++n, of: cases.length, result, kept, faults })
  }
  const queue = cases.flatMap((one, i) => {
    const key = keyOf(one, groundFor(one))
    const file = join(directory, 'results', `${one.id}.json`)
    const kept = keptResult(file, key)
    if (kept) settle(one.id, kept, true, [])
    return kept ? [] : [{ one, key, file, place: i + 1 }]
  })
  // The cameras of many criteria take the longest, and mostly wait.
  queue.sort((a, b) => b.one.criteria.length - a.one.criteria.length)
  const work = async () => {
    for (let next = queue.shift(); next && !signal.aborted; next = queue.shift()) {
      const { one, key, file, place } = next
      const began = performance.now()
      const run = join(directory, 'runs', one.id)
      const observed = await observeCase(one, place, run, signal)
      if (!observed.ok) {
        settle(one.id, null, false, observed.faults)
        continue
      }
      const seconds = Math.round((performance.now() - began) / 1000)
      const result: CaseResult = { camseal: 'qualification-case/1', key, id: one.id, seconds, criteria: observed.value }
      writeWhole(file, new TextEncoder().encode(`${canonical(result)}\n`))
      if (isAsExpected(one, result)) rmSync(run, { recursive: true, force: true })
      settle(one.id, result, false, [])
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, atOnce) }, work))
  return results
}

/** Runs that showed what they should are not kept: their evidence is made again at any time. */
const isAsExpected = ({ weakness }: Case, { criteria }: CaseResult): boolean =>
  criteria.every(({ criterion, verdict }) =>
    weakness === null
      ? verdict === 'pass'
      : verdict === (weakness.undecided?.includes(criterion) ? 'inconclusive' : 'fail'),
  )

function keptResult(file: string, key: string): CaseResult | null {
  if (!existsSync(file)) return null
  try {
    const checked = checkValue(caseResultSchema, JSON.parse(readFileSync(file, 'utf8')))
    return checked.ok && checked.value.key === key ? checked.value : null
  } catch {
    return null
  }
}
