import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { validatorOf } from '../../profiles/validator.ts'
import type { Criterion, Finding } from '../../suites/criterion.ts'
import { gap } from '../../suites/criterion.ts'
import { verdictOf } from '../../suites/judge.ts'
import type { ObservationKind, Seen, State } from '../../suites/observation.ts'
import type { Statement } from '../../suites/statement.ts'

/** The data of a catalogue as it is published. */
export const catalogueData = (name: string): unknown =>
  (parse(readFileSync(new URL(`../../profiles/catalogues/${name}.yaml`, import.meta.url), 'utf8')) as { data: unknown })
    .data

/** What does not fit the schema of its kind; empty where all fits. */
export function misfits(kind: ObservationKind, seen: Seen<unknown>): string[] {
  const validate = validatorOf(kind.schema)
  if (!seen.answered || validate(seen.value)) return []
  return (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message ?? ''}`)
}

export interface Judged {
  verdict: 'pass' | 'fail' | 'inconclusive'
  /** Message codes of the findings that decided, in order. */
  codes: string[]
  findings: Finding[]
}

/** Judges one observation as the framework does: a failed control is a gap. */
export function judged<T>(
  criterion: Criterion<T>,
  seen: Seen<T>,
  {
    statement,
    subject = '',
    state = 'in-service',
    parameters = {},
  }: { statement: Statement; subject?: string; state?: State; parameters?: unknown },
): Judged {
  const findings = seen.answered
    ? [
        ...criterion.judge(seen, {
          statement,
          parameters,
          subject,
          state,
          cite: (at) => ({ kind: criterion.over.id, subject, state, at }),
          others: () => [],
          catalogue: catalogueData,
        }),
        ...seen.controls.filter((c) => !c.ok).map((c) => gap('framework.control-failed', { control: c.id }, [])),
      ]
    : [gap('framework.unanswered', { cause: seen.cause }, [])]
  return { verdict: verdictOf(findings), codes: findings.map((f) => f.message.code), findings }
}
