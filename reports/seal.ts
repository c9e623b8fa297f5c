import { createReadStream } from 'node:fs'
import { lstat, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { byCodeUnit } from '../suites/canonical.ts'
import { writeBundle, type MemberSource } from './asic.ts'
import { hasSalt, nameOfObject } from './bundle.ts'
import { REPORT_BYTES, disclosureFaults, readReport } from './disclosure.ts'
import type { Signer } from './keys.ts'
import { errorCode, fault, printable, type SealFault } from './seal-fault.ts'
import { sealFaults } from './verify-seal.ts'
import type { Written } from './zip-writer.ts'

export const BUNDLE = 'report.asice'

const REQUIRED = ['report.json', 'report.html', 'journal.jsonl', 'statement.json']
const OPTIONAL = ['statement.yaml']
const FOLDERS: readonly [folder: string, name: RegExp][] = [
  ['regulations', /^[A-Za-z0-9][A-Za-z0-9._-]*\.json$/],
  ['catalogues', /^[A-Za-z0-9][A-Za-z0-9._-]*\.json$/],
  ['objects/sha256', /^[0-9a-f]{64}$/],
]
const MEDIA_TYPES: Record<string, string> = {
  json: 'application/json',
  html: 'text/html',
  jsonl: 'application/jsonl',
  yaml: 'application/yaml',
}

/** `leftOut`: objects that neither the journal nor the report names. */
export type SealRunResult = { path: string; digest: string; leftOut: string[] } | { faults: SealFault[] }

/**
 * Seals a finished run directory into `report.asice` inside it, once: an existing seal is never replaced. Objects must
 * be named by their SHA-256 and begin with a salt line, and the report must be canonical and give no class to what
 * cannot be withheld. Objects that neither journal nor report names stay out. The finished file is verified before it
 * gets its name. `at` is the signing time, microseconds since the epoch, now unless given.
 */
export async function sealRun(
  runDirectory: string,
  signer: Signer,
  options: { at?: number } = {},
): Promise<SealRunResult> {
  const faults: SealFault[] = []
  const found = await membersOf(runDirectory, faults)
  if (faults.length > 0) return { faults }
  const leftOut = await unnamedObjects(runDirectory, found).catch((error: unknown): string[] => {
    faults.push(fault('file-unreadable', { path: runDirectory, error: errorCode(error) }))
    return []
  })
  const out = new Set(leftOut)
  const names = found.filter((name) => !out.has(name))
  const report = await reportOf(runDirectory, new Set(names), faults)
  if (faults.length > 0 || !report) return { faults }
  const members = names.map((name): MemberSource => ({
    name,
    mediaType: MEDIA_TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
    source: name === 'report.json' ? { bytes: report } : { path: join(runDirectory, name) },
  }))
  const path = join(runDirectory, BUNDLE)
  const written = await writeBundle(path, members, signer, { ...options, check: objectFault, prove: sealFaults })
  return 'faults' in written ? written : { path, digest: written.digest, leftOut }
}

/** Names of all members, in code-unit order; what is missing or has no place there is a fault. */
async function membersOf(directory: string, faults: SealFault[]): Promise<string[]> {
  const names: string[] = []
  for (const name of [...REQUIRED, ...OPTIONAL]) {
    const stat = await lstat(join(directory, name)).catch(() => undefined)
    if (stat?.isFile()) names.push(name)
    else if (stat || REQUIRED.includes(name)) faults.push(fault(stat ? 'run-stray-file' : 'run-incomplete', { name }))
  }
  for (const [folder, allowed] of FOLDERS) {
    const found = await readdir(join(directory, folder), { withFileTypes: true }).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT')
        faults.push(fault('file-unreadable', { path: folder, error: errorCode(error) }))
      return []
    })
    for (const entry of found) {
      const name = `${folder}/${entry.name}`
      if (/^[0-9a-f]{64}\.\d+\.part$/.test(entry.name)) continue
      if (entry.isFile() && allowed.test(entry.name)) names.push(name)
      else faults.push(fault('run-stray-file', { name: printable(name) }))
    }
  }
  return names.sort(byCodeUnit)
}

/**
 * Objects that a crash left between being stored and being journalled. They are no evidence, and as nothing gives them
 * a class they would be public in every copy.
 */
async function unnamedObjects(directory: string, names: readonly string[]): Promise<string[]> {
  const unnamed = new Set(names.filter((name) => name.startsWith('objects/')))
  for (const file of ['journal.jsonl', 'report.json']) {
    let rest = ''
    for await (const chunk of createReadStream(join(directory, file), { encoding: 'latin1', highWaterMark: 1 << 20 })) {
      const text = rest + String(chunk)
      for (const [digest] of text.matchAll(/(?<![0-9a-f])[0-9a-f]{64}/g)) unnamed.delete(`objects/sha256/${digest}`)
      rest = /[0-9a-f]{0,64}$/.exec(text.slice(-64))?.[0] ?? ''
    }
  }
  return [...unnamed]
}

async function reportOf(
  directory: string,
  names: ReadonlySet<string>,
  faults: SealFault[],
): Promise<Buffer | undefined> {
  const path = join(directory, 'report.json')
  try {
    const { size } = await lstat(path)
    if (size > REPORT_BYTES) {
      faults.push(fault('report-too-big', { bytes: size, limit: REPORT_BYTES }))
      return undefined
    }
    const bytes = await readFile(path)
    const read = readReport(bytes)
    faults.push(...('faults' in read ? read.faults : disclosureFaults(read.report.disclosure, names)))
    return bytes
  } catch (error) {
    faults.push(fault('file-unreadable', { path, error: errorCode(error) }))
    return undefined
  }
}

/** An object is named by its digest and begins with salt. */
function objectFault(name: string, { sha256, head }: Written): SealFault | undefined {
  if (!name.startsWith('objects/')) return undefined
  return nameOfObject(name, sha256)[0] ?? (hasSalt(head) ? undefined : fault('object-salt', { name }))
}
