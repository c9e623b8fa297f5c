import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canonical, digestOf, digestOfBytes } from '../../suites/canonical.ts'
import { obj, sha256Hex, text, type Static } from '../../suites/schema.ts'
import { checkValue } from '../../profiles/yaml-file.ts'
import type { Report } from '../../reports/report.ts'
import { writeWhole } from '../../reports/run-directory.ts'
import { stateDirectory } from '../secrets.ts'

/** That the harness was qualified on this bench: what was qualified, and which qualification says so. */
const keptSchema = obj({ suite: sha256Hex(), lab: sha256Hex(), digest: sha256Hex(), date: text('YYYY-MM-DD, UTC') })

const fileOf = (): string => join(stateDirectory(), 'qualification.json')

/** Keeps for later runs on this bench that a whole qualification found everything as it should be. */
export function keepQualification(qualification: { suite: { digest: string }; lab: string }, now: number): void {
  const kept: Static<typeof keptSchema> = {
    suite: qualification.suite.digest,
    lab: qualification.lab,
    digest: digestOf(qualification),
    date: new Date(now / 1000).toISOString().slice(0, 10),
  }
  mkdirSync(stateDirectory(), { recursive: true })
  writeWhole(fileOf(), new TextEncoder().encode(`${canonical(kept)}\n`))
}

/** What a report says of it: null where this suite and this lab code were not qualified here. */
export function keptQualification(suiteDigest: string): Report['qualification'] {
  if (!existsSync(fileOf())) return null
  try {
    const read = checkValue(keptSchema, JSON.parse(readFileSync(fileOf(), 'utf8')))
    if (!read.ok || read.value.suite !== suiteDigest || read.value.lab !== labDigest()) return null
    return { digest: read.value.digest, date: read.value.date }
  } catch {
    return null
  }
}

/** Digest over the code of the lab, without the verbs, which only show, and the weaknesses, which each key holds itself. */
export function labDigest(): string {
  const lab = fileURLToPath(new URL('..', import.meta.url))
  const files = readdirSync(lab, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile() && /\.(ts|js)$/.test(f.name))
    .map((f) => relative(lab, join(f.parentPath, f.name)))
    .filter((f) => !/^verbs\/|^cameras\/weaknesses[./]/.test(f))
    .sort()
  return digestOf(files.map((f) => [f, digestOfBytes(readFileSync(join(lab, f)))]))
}
