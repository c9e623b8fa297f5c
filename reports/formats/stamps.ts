import type { Report } from '../report.ts'

export type Stamp = 'demo' | 'rehearsal' | 'indicative' | 'unreleased'

/** What no reader may overlook: who made it, how, and how far it counts (rules 9 to 11). */
export function stampsOf(report: Report): Stamp[] {
  const stamps: Stamp[] = []
  if (report.run.demo || report.bench.demo === true) stamps.push('demo')
  if (report.run.mode === 'rehearsal') stamps.push('rehearsal')
  if (report.verdicts.regulations.some((r) => r.indicative)) stamps.push('indicative')
  if (report.tool.suite === 'unreleased') stamps.push('unreleased')
  return stamps
}
