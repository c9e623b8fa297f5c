import assert from 'node:assert/strict'
import { validatorOf } from '../../profiles/validator.ts'
import { messageText } from '../../reports/locales/index.ts'
import type { Cite, Criterion, JudgeContext } from '../../suites/criterion.ts'
import { verdictOf } from '../../suites/judge.ts'
import { kind, type UpdateRefusal } from '../../suites/observations/update-refusal.ts'
import type { Statement } from '../../suites/statement.ts'

const validate = validatorOf(kind.schema)

/** Verdict and codes of a criterion over updates; what it cites is there and what it says has a text. */
export function judgedAt(
  subject: string,
  criterion: Criterion<UpdateRefusal, unknown>,
  value: UpdateRefusal,
  statement: Statement,
): { verdict: string; codes: string[] } {
  assert.ok(validate(value), JSON.stringify(validate.errors?.slice(0, 3)))
  const cite = (at: string): Cite => ({ kind: kind.id, subject, state: 'in-service', at })
  const context: JudgeContext<unknown> = {
    statement,
    parameters: { required: true },
    subject,
    state: 'in-service',
    cite,
    others: () => [],
    catalogue: () => null,
  }
  const findings = criterion.judge({ answered: true, value, controls: [], artifacts: [] }, context)
  const at = (pointer: string) =>
    pointer
      .split('/')
      .slice(1)
      .reduce<unknown>((v, n) => (v as Record<string, unknown> | undefined)?.[n], value)
  for (const f of findings) {
    for (const language of ['en', 'vi'] as const)
      assert.doesNotMatch(messageText(language, f.message, criterion.id), /^[a-z-]+$|\{[a-z-]+\}/, f.message.code)
    for (const c of f.cites) assert.notEqual(at(c.at), undefined, c.at)
  }
  return { verdict: verdictOf(findings), codes: findings.map((f) => f.message.code).sort() }
}
