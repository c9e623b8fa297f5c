import { pace, PACES, places } from '../../lab/budget.ts'
import type { Bench } from '../../lab/probe.ts'

/** Budgets of a statement that names none, and those of `--pace fast`. */
const GENTLE = { connections: 4, attemptsPerSecond: 500 }

/** What keeps a bench within the budgets of a pace, as in a run. */
export function paced(name: string | undefined): Pick<Bench, 'budgets' | 'connection' | 'attempt'> {
  const budgets = (name === 'gentle' ? undefined : PACES.fast) ?? GENTLE
  return { budgets, connection: places(budgets.connections), attempt: pace(budgets.attemptsPerSecond) }
}
