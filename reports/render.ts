import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { registry } from '../suites/registry.generated.ts'
import type { Recorded } from './evidence.ts'
import { renderHtml } from './formats/html.ts'
import { renderJunit } from './formats/junit.ts'
import type { ReportSource } from './formats/source.ts'
import type { Language } from './locales/index.ts'
import { contentOf } from './run-directory.ts'

/** What every format is computed from. */
export function sourceOf(recorded: Recorded, object: (digest: string) => Uint8Array | null): ReportSource | null {
  const { report, statement, regulations, rendered } = recorded
  return report ? { report, statement, regulations, observations: rendered, objects: object } : null
}

/** An object of a run directory, without its salt line. */
export const objectIn =
  (directory: string) =>
  (digest: string): Uint8Array | null => {
    const path = join(directory, 'objects', 'sha256', digest)
    return /^[0-9a-f]{64}$/.test(digest) && existsSync(path)
      ? contentOf(new Uint8Array(readFileSync(path)), digest)
      : null
  }

/** Writes the views of a run: `report.html` for people, `junit.xml` for machines that know it. */
export function writeViews(directory: string, recorded: Recorded, language: Language): void {
  const source = sourceOf(recorded, objectIn(directory))
  if (!source) return
  writeFileSync(join(directory, 'report.html'), renderHtml(source, { language, kinds: registry.kinds }))
  writeFileSync(join(directory, 'junit.xml'), renderJunit(source, language))
}
