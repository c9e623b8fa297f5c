import { saysAway } from '../../suites/facts/answer.ts'
import type { UpdateAttempt, UpdateRefusal } from '../../suites/observations/update-refusal.ts'
import type { Bench } from '../probe.ts'

type Silence = NonNullable<UpdateAttempt['silence']>
type Told = UpdateAttempt['versionAfter']

/** Bans that end some time after their term, and the most that one is waited out. */
const LATE_S = 20
const LONGEST_S = 900

const about = (key: string, values: Record<string, string | number> = {}) => ({ code: `update-refusal.${key}`, values })

/**
 * Before the first package: what is seen of the unit, and that the switch port is the one that feeds it. Whose power a
 * command or a person cuts is not asked twice.
 */
export async function beforePackages(bench: Bench): Promise<UpdateRefusal['power']> {
  if (bench.power === null) return undefined
  bench.progress(about('power-control'))
  const look = await bench.look()
  return { look, control: bench.power === 'poe' ? await bench.cyclePower() : null }
}

/** The device does not answer at all: a declared ban is waited out, the lab's side is looked at, the power is cut once. */
export async function secondLook(bench: Bench, ready: () => Promise<Told>): Promise<Silence> {
  const waited = banSeconds(bench)
  if (waited > 0) await bench.wait(waited * 1000, about('waiting-ban', { seconds: waited }))
  bench.progress(about('second-look'))
  const look = await bench.look()
  const version = await ready()
  const seen = { waited, look, cycle: null, after: null, version }
  const isThere = version.exchange.failure === null && !saysAway(version.exchange)
  if (isThere || bench.signal.aborted) return seen
  const cycle = await bench.cyclePower()
  if (cycle === null) return seen
  return { ...seen, cycle, after: await bench.look(), version: cycle.cameBack ? await ready() : version }
}

/** The longest declared ban of an address. */
function banSeconds({ statement }: Bench): number {
  const bans = statement.bruteForce.filter((b) => b.scope !== 'account').map((b) => b.lockSeconds ?? 0)
  const longest = Math.max(0, ...bans)
  return longest === 0 ? 0 : Math.min(LONGEST_S, longest + LATE_S)
}
