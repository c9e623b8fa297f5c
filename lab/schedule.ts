import { byCodeUnit } from '../suites/canonical.ts'
import type { ObservationKind, State } from '../suites/observation.ts'
import { expectedSubjects, kindsOf, statesOf, type Demanded, type Registry } from '../suites/plan.ts'
import type { Statement } from '../suites/statement.ts'
import { forgettingSeconds } from './forgetting.ts'
import type { Probe, Tier } from './probe.ts'

export interface Step {
  kind: ObservationKind
  probe: Probe | null
  subject: string
  state: State
}

type Find = <T>(kind: ObservationKind<T>, state: State) => { subject: string; value: T }[]

/** What must be observed, and in which order: what discovers before what is discovered, gentle before disruptive. */
export interface Schedule {
  /** Every step known at this moment for one sample and state that `done` does not hold yet. */
  pending(sample: string, state: State, find: Find, done: (step: Step) => boolean): Step[]
  kinds: ObservationKind[]
}

export function scheduleOf(
  statement: Statement,
  demand: readonly Demanded[],
  registry: Registry,
  probes: ReadonlyMap<string, Probe>,
): Schedule {
  const needed = kindsOf(demand, registry)
  const kinds = [...needed.keys()].flatMap((id) => registry.kinds.get(id) ?? [])
  const ordered = kinds.sort(
    (a, b) => rank(a, probes) - rank(b, probes) || depth(a, registry) - depth(b, registry) || byCodeUnit(a.id, b.id),
  )
  return {
    kinds: ordered,
    pending(sample, state, find, done) {
      const steps: Step[] = []
      const waitingFor = new Set<string>()
      for (const kind of ordered) {
        if (!needed.get(kind.id)?.has(state)) continue
        const blocked = kind.dependsOn.some((d) => waitingFor.has(d))
        const open = blocked
          ? []
          : expectedSubjects(kind, state, statement, find)
              .filter((s) => s.split('/')[0] === sample)
              .map((subject): Step => ({ kind, probe: probes.get(kind.id) ?? null, subject, state }))
              .filter((s) => !done(s))
        if (blocked || open.length > 0) waitingFor.add(kind.id)
        steps.push(...open)
      }
      return steps
    },
  }
}

/** Gentle probes first, those that fail log-ins last among them: a ban must not blind the others. Disruptive ones come after. */
const rank = (kind: ObservationKind, probes: ReadonlyMap<string, Probe>): number => {
  const probe = probes.get(kind.id)
  return (probe?.grade === 'disruptive' ? 1000 : 0) + (probe?.order ?? 0)
}

function depth(kind: ObservationKind, registry: Registry): number {
  return kind.dependsOn.reduce((max, id) => {
    const dependency = registry.kinds.get(id)
    return Math.max(max, dependency ? depth(dependency, registry) + 1 : 0)
  }, 0)
}

/** Criteria that a rehearsal leaves out, by area, by name, and by what the tiers allowed would do to the device. */
export function deselected(
  demand: readonly Demanded[],
  selection: { only: string[]; skip: string[]; areas: string[]; tiers: string[] },
  registry: Registry,
  probes: ReadonlyMap<string, Probe>,
): string[] {
  const matches = (id: string, patterns: string[]) =>
    patterns.some((p) => id === p || id.startsWith(`${p}/`) || id.endsWith(`/${p}`))
  return [...new Set(demand.map((d) => d.criterion))].filter((id) => {
    const criterion = registry.criteria.get(id)
    if (!criterion) return false
    const tier: Tier | undefined = probes.get(criterion.over.id)?.tier
    if (selection.only.length > 0 && !matches(id, selection.only)) return true
    if (matches(id, selection.skip)) return true
    if (selection.areas.length > 0 && !selection.areas.includes(criterion.area)) return true
    return selection.tiers.length > 0 && tier !== undefined && !selection.tiers.includes(tier)
  })
}

/** The steps that can be foreseen before anything is sent; endpoints found by discovery come on top. */
export function foreseen(schedule: Schedule, statement: Statement): Step[] {
  const steps: Step[] = []
  for (const sample of statement.samples)
    for (const state of statesOf(sample, statement)) {
      const done = new Set<string>()
      for (;;) {
        const [next] = schedule.pending(
          sample.id,
          state,
          () => [],
          (s) => done.has(`${s.kind.id}|${s.subject}`),
        )
        if (!next) break
        done.add(`${next.kind.id}|${next.subject}`)
        steps.push(next)
      }
    }
  return steps
}

/**
 * How long each step will take: a probe tells it for all its subjects of one state together; before it, failed log-ins of
 * the steps before may have to be forgotten.
 */
export function secondsOf(steps: readonly Step[], statement: Statement): number[] {
  const keyOf = ({ kind, state }: Step): string => `${kind.id}|${state}`
  const alike = new Map<string, number>()
  for (const step of steps) alike.set(keyOf(step), (alike.get(keyOf(step)) ?? 0) + 1)
  const took = steps.map((s) => (s.probe?.seconds(statement) ?? 0) / (alike.get(keyOf(s)) ?? 1))
  const tried = steps.map(({ subject, probe }, i) => ({
    sample: subject.split('/')[0],
    probe: probe?.tier === 'D' && statement.permit !== 'destructive' ? null : probe,
    seconds: took[i] ?? 0,
  }))
  const waits = statement.samples.flatMap(({ id }) =>
    forgettingSeconds(
      tried.filter((s) => s.sample === id),
      statement,
    ),
  )
  return took.map((seconds, i) => seconds + (waits[i] ?? 0))
}
