import { writeFileSync } from 'node:fs'
import { stringify } from 'yaml'

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
