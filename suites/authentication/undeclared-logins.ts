import { gap, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { byCodeUnit } from '../canonical.ts'
import type { Spoken } from '../observations/endpoints.ts'
import type { DeclaredLogin } from '../observations/log-ins.ts'
import { kind as undeclaredLogins, type UndeclaredLogin } from '../observations/undeclared-logins.ts'
import { declaredOf, endpointOf } from '../subject.ts'

export type Found = ReturnType<typeof found>[number]

/** Endpoints of the protocol without a declared log-in; of the sample that the first of these log-ins is judged for, and nowhere else. */
export function found({ others, subject }: JudgeContext<unknown>, protocol: Spoken, logins: readonly DeclaredLogin[]) {
  const { sample, id } = declaredOf(subject)
  const [first] = logins.map((l) => l.login.id).sort(byCodeUnit)
  if (first !== id) return []
  return others(undeclaredLogins)
    .filter(({ subject: endpoint }) => endpointOf(endpoint).sample === sample)
    .filter(({ seen }) => !seen.answered || seen.value.protocol === protocol)
}

const about = ({ port, family, asked }: UndeclaredLogin): { port: number; family: string; target: string } => ({
  port,
  family,
  target: asked?.target ?? '',
})

/** Where nobody looked, or a log-in is asked for and the statement has none: what holds there is not known. */
export function gapOf({ subject, seen, cite }: Found): Finding[] {
  if (!seen.answered) return [gap('undeclared-unknown', { subject }, [])]
  return seen.value.asked ? [gap('log-in-not-declared', about(seen.value), [cite('/asked')])] : []
}

/** Log-ins that are asked for and were not attacked, since none is declared there. */
export const notAttacked = (
  context: JudgeContext<unknown>,
  protocol: Spoken,
  logins: readonly DeclaredLogin[],
): Finding[] => found(context, protocol, logins).flatMap(gapOf)

/** A log-in that is asked for although the statement claims that the criterion does not apply (rule 5). */
export const claimContradicted =
  (protocol: Spoken, criterion: string) =>
  ({ statement, others }: Pick<JudgeContext<unknown>, 'statement' | 'others'>): Finding[] =>
    statement.notApplicable?.some((n) => n.criterion === criterion) === true
      ? others(undeclaredLogins).flatMap(({ seen, cite }) =>
          seen.answered && seen.value.protocol === protocol && seen.value.asked
            ? [violation('log-in-undeclared', about(seen.value), [cite('/asked')])]
            : [],
        )
      : []
