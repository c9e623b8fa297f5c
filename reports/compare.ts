import { byCodeUnit, canonical } from '../suites/canonical.ts'
import { faulty, ok, type Fault, type Result } from '../suites/fault.ts'
import type { Verdict } from '../suites/judge.ts'
import type { Message } from '../suites/observation.ts'
import { itemsOf, type Item } from './items.ts'
import type { Report } from './report.ts'

/**
 * What became of a verdict. A failure that is gone counts as mended only where the same thing was judged again and did
 * not fail; where it was not judged, nothing is known (`not-judged`).
 */
export const CHANGES = ['new-failure', 'still-failing', 'mended', 'now-undetermined', 'not-judged'] as const
export type ChangeKind = (typeof CHANGES)[number]

export interface Change extends Omit<Item, 'verdict' | 'judgement'> {
  change: ChangeKind
  before: Verdict | null
  after: Verdict | null
}

export interface Comparison {
  /** What a reader must know before trusting the comparison: other editions, other suites, other order in time. */
  warnings: Message[]
  changes: Change[]
}

/** What a comparison needs to know of a unit before it is tested. */
export interface Tested {
  maker: string
  model: string
  regulations: { id: string; edition: string; digest: string }[]
}

export const testedOf = (report: Report): Tested => {
  const { maker, model } = report.dut as { maker?: { name?: string }; model?: string }
  return { maker: maker?.name ?? '', model: model ?? '', regulations: report.regulations }
}

/** Another model, or no regulation in common, cannot be compared; another edition of a regulation can, with a warning. */
export function comparable(older: Tested, newer: Tested): Result<Message[]> {
  const faults: Fault[] = []
  if (canonical([older.maker, older.model]) !== canonical([newer.maker, newer.model]))
    faults.push({
      code: 'baseline-other-model',
      values: { older: `${older.maker} ${older.model}`, newer: `${newer.maker} ${newer.model}` },
    })
  const shared = newer.regulations.flatMap((n) => older.regulations.filter((o) => o.id === n.id).map((o) => ({ o, n })))
  const ids = (t: Tested) => t.regulations.map((r) => r.id).join(', ')
  if (shared.length === 0)
    faults.push({ code: 'baseline-other-regulation', values: { older: ids(older), newer: ids(newer) } })
  if (faults.length > 0) return faulty(...faults)
  return ok(
    shared
      .filter(({ o, n }) => o.digest !== n.digest)
      .map(({ o, n }) => ({
        code: 'warning.other-edition',
        values: { regulation: n.id, older: o.edition, newer: n.edition },
      })),
  )
}

/** Nothing got worse where nothing was looked at: that is no success. */
const NOTHING_JUDGED = 'warning.nothing-judged'

/** Sets a report beside an earlier one of the same model, item by item. */
export function compare(older: Report, newer: Report): Result<Comparison> {
  const fit = comparable(testedOf(older), testedOf(newer))
  if (!fit.ok) return fit
  const warnings = [...fit.value]
  if (older.tool.suiteDigest !== newer.tool.suiteDigest) warnings.push({ code: 'warning.other-suite', values: {} })
  if (older.run.startedAt > newer.run.startedAt) warnings.push({ code: 'warning.order', values: {} })
  if (itemsOf(newer).length === 0) warnings.push({ code: NOTHING_JUDGED, values: {} })
  const before = new Map(itemsOf(older).map((i) => [i.id, i]))
  const after = new Map(itemsOf(newer).map((i) => [i.id, i]))
  const changes = [...new Set([...before.keys(), ...after.keys()])].sort(byCodeUnit).flatMap((id): Change[] => {
    const [was, is] = [before.get(id), after.get(id)]
    const item = is ?? was
    const change = changeOf(was?.verdict ?? null, is?.verdict ?? null)
    if (!item || !change) return []
    const { regulation, clause, level, criterion, subject, state } = item
    const place = { id, regulation, clause, level, criterion, subject, state }
    return [{ ...place, change, before: was?.verdict ?? null, after: is?.verdict ?? null }]
  })
  return ok({ warnings, changes })
}

function changeOf(before: Verdict | null, after: Verdict | null): ChangeKind | null {
  if (after === 'fail') return before === 'fail' ? 'still-failing' : 'new-failure'
  if (after === 'inconclusive') return before === 'inconclusive' ? null : 'now-undetermined'
  if (before !== 'fail') return null
  return after === null ? 'not-judged' : 'mended'
}

export const countsOf = ({ changes }: Comparison): Record<ChangeKind, number> =>
  Object.fromEntries(CHANGES.map((k) => [k, changes.filter((c) => c.change === k).length])) as Record<
    ChangeKind,
    number
  >

/** 1 only where something fails that did not fail before; 2 where something is no longer decided, or nothing was; else 0. */
export function exitOfComparison(comparison: Comparison): number {
  const counts = countsOf(comparison)
  if (counts['new-failure'] > 0) return 1
  const isOpen = counts['now-undetermined'] + counts['not-judged'] > 0
  return isOpen || comparison.warnings.some((w) => w.code === NOTHING_JUDGED) ? 2 : 0
}
