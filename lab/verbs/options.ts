import { faulty, ok, type Fault, type Result } from '../../suites/fault.ts'
import { PACES } from '../budget.ts'
import { rangesIn } from '../port-selection.ts'
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

/** Words of `--ports` that are none. */
export const portsFaults = (words: readonly string[] = []): Fault[] =>
  words
    .filter((w) => rangesIn(w) === null)
    .map(() => ({ code: 'wrong-form', values: { expected: '1-1024, 8443 or declared' }, field: '--ports' }))

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
