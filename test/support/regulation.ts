import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { stringify } from 'yaml'
import type { LockRule } from '../../lab/cameras/options.ts'
import { forShortLocks } from '../../lab/cameras/short-locks.ts'
import { loadRegulation } from '../../profiles/regulation-file.ts'
import { registry } from '../../suites/registry.generated.ts'

/** The core checks as the demonstration asks them of a camera with this lock. */
export function writeShortLocks(path: string, lock: LockRule): string {
  const core = loadRegulation('camseal-core', registry)
  assert.ok(core.ok)
  writeFileSync(path, stringify(forShortLocks(core.value, lock)))
  return path
}

/** A regulation file that asks for these criteria, one clause each, so that a test needs no whole run. */
export function writeRegulation(path: string, criteria: readonly string[]): string {
  const both = (text: string) => ({ en: text, vi: text })
  writeFileSync(
    path,
    stringify({
      camseal: 'regulation/1',
      id: 'test-few',
      edition: '2026-11',
      title: both('A few criteria'),
      text: 'own',
      validFrom: null,
      validUntil: null,
      note: both('For a test.'),
      catalogues: {
        challenges: '2026-11',
        'common-passwords': '2026-11',
        'default-passwords': '2026-11',
        'http-paths': '2026-11',
        'rtsp-paths': '2026-11',
        tls: '2026-11',
      },
      clauses: criteria.map((criterion, i) => ({
        id: `T-${i + 1}`,
        level: 'required',
        title: both(criterion),
        asks: both(criterion),
        criteria: [
          { criterion, ...(criterion === 'logging/failed-login-recorded' ? { parameters: { required: true } } : {}) },
        ],
        provenance: { confidence: 'own', sources: [] },
      })),
    }),
  )
  return path
}
