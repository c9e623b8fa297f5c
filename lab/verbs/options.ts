import { faulty, ok, type Result } from '../../suites/fault.ts'
import { PACES } from '../budget.ts'
import type { RunRequest } from '../start.ts'

/** The budgets that `--pace` names; null: those of the statement. */
export function paceOf(given: string | undefined): Result<RunRequest['pace']> {
  if (given === undefined || given === 'gentle') return ok(null)
  const pace = PACES[given]
  return pace
    ? ok(pace)
    : faulty({
        code: 'not-one-of',
        values: { expected: ['gentle', ...Object.keys(PACES)].join(', ') },
        field: '--pace',
      })
}

/** Names separated by commas, of an option that may stand several times; each counts once. */
export const named = (value: string, before: string[] = []): string[] => [
  ...new Set([
    ...before,
    ...value
      .split(',')
      .map((v) => v.trim())
      .filter(Boolean),
  ]),
]
