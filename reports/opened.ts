import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { digestOfBytes } from '../suites/canonical.ts'
import type { Fault } from '../suites/fault.ts'
import { registry } from '../suites/registry.generated.ts'
import { checkValue } from '../profiles/yaml-file.ts'
import { directoryMembers } from './conclude.ts'
import { readRecorded, type Members, type Recorded } from './evidence.ts'
import type { ReportSource } from './formats/source.ts'
import { objectIn, sourceOf } from './render.ts'
import { reportSchema, type Report } from './report.ts'
import { contentOf } from './run-directory.ts'
import { verifySeal } from './verify-seal.ts'
import { bundleMembers } from './verify.ts'

/** What could be opened, or why not; `broken`: a seal that does not hold. */
export type Opened<T> = { ok: true; value: T } | { ok: false; broken: boolean; faults: Fault[] }

export interface NamedReport {
  report: Report
  /** SHA-256 of `report.json`, the same for a run and for the bundle sealed of it. */
  digest: string
}

const refused = (faults: Fault[], broken = false): Opened<never> => ({ ok: false, broken, faults })
const MOST_BYTES = 64 * 2 ** 20

/** The report alone, of a sealed bundle, a run directory or a `report.json` that was kept by itself. */
export async function readReportAt(path: string): Promise<Opened<NamedReport>> {
  if (!existsSync(path)) return refused([{ code: 'no-report', values: { path } }])
  const stat = statSync(path)
  const file = stat.isDirectory() ? join(path, 'report.json') : path
  // A report that was not sealed is JSON; a bundle is a zip archive.
  if (!stat.isDirectory() && !path.endsWith('.json')) {
    const sealed = await verifySeal(path)
    if (sealed.seal === 'broken') return refused(sealed.faults, true)
    try {
      const bytes = await bundleMembers(sealed.bundle).read('report.json')
      return bytes instanceof Uint8Array ? parsed(bytes, path) : refused([{ code: 'no-report', values: { path } }])
    } finally {
      await sealed.bundle.close()
    }
  }
  if (!existsSync(file) || statSync(file).size > MOST_BYTES) return refused([{ code: 'no-report', values: { path } }])
  return parsed(readFileSync(file), file)
}

function parsed(bytes: Uint8Array, file: string): Opened<NamedReport> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    const checked = checkValue(reportSchema, value)
    if (!checked.ok) return refused(checked.faults.slice(0, 5).map((f) => ({ ...f, file })))
    return { ok: true, value: { report: checked.value, digest: digestOfBytes(bytes) } }
  } catch {
    return refused([{ code: 'no-report', values: { path: file } }])
  }
}

export interface OpenedSource {
  source: ReportSource
  recorded: Recorded
}

/** A run or a sealed report with all its evidence, checked against the digests that the report carries. */
export async function openSource(path: string): Promise<Opened<OpenedSource>> {
  if (!existsSync(path)) return refused([{ code: 'no-run', values: { path } }])
  const opened = (recorded: Recorded, object: (digest: string) => Uint8Array | null): Opened<OpenedSource> => {
    const source = sourceOf(recorded, object)
    return source ? { ok: true, value: { source, recorded } } : refused([{ code: 'no-run', values: { path } }])
  }
  if (statSync(path).isDirectory()) {
    const read = await readRecorded(directoryMembers(path), registry, true)
    return read.ok ? opened(read.value, objectIn(path)) : refused(read.faults)
  }
  const sealed = await verifySeal(path)
  if (sealed.seal === 'broken') return refused(sealed.faults, true)
  try {
    const members = bundleMembers(sealed.bundle)
    const read = await readRecorded(members, registry, true)
    if (!read.ok) return refused(read.faults, true)
    const objects = await objectsOf(members)
    return opened(read.value, (digest) => objects.get(digest) ?? null)
  } finally {
    await sealed.bundle.close()
  }
}

/** Objects of a bundle that are small enough to be shown. */
async function objectsOf(members: Members): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>()
  for (const name of await members.names()) {
    const digest = /^objects\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1]
    const bytes = digest ? await members.read(name) : null
    const content = digest && bytes instanceof Uint8Array ? contentOf(bytes, digest) : null
    if (digest && content) found.set(digest, content)
  }
  return found
}
