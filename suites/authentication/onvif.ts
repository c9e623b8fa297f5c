import { gap, violation, type Applies, type Finding, type JudgeContext } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { onvifOutcome, speaksOnvif } from '../facts/onvif.ts'
import { onvifAt, onvifServices, type OnvifScheme } from '../observations/onvif-endpoints.ts'
import { kind as onvifOperations, type OnvifOperations, type OnvifWays } from '../observations/onvif-operations.ts'
import type { Statement } from '../statement.ts'
import { endpointOf } from '../subject.ts'

/** Where ONVIF is declared, with one of the log-in schemes where these are given. */
export const appliesWhereOnvif = (statement: Statement, schemes?: readonly OnvifScheme[]): Applies => {
  const declared = onvifServices(statement)
  const isMeant = schemes === undefined || declared.some((s) => s.onvif.authentication.some((a) => schemes.includes(a)))
  return declared.length > 0 && isMeant
    ? { answer: 'yes' }
    : { answer: 'no', why: { code: 'no-onvif-declared', values: {} } }
}

/** Endpoints that answer as ONVIF although the statement declares it nowhere (rule 5). */
export const undeclaredOnvif = ({
  statement,
  others,
}: Pick<JudgeContext<unknown>, 'statement' | 'others'>): Finding[] =>
  onvifServices(statement).length > 0
    ? []
    : others(onvifOperations).flatMap(({ seen, cite }) => {
        if (!seen.answered || !speaksOnvif(answerOf(seen.value.opening))) return []
        const { port, family, target } = seen.value
        return [violation('onvif-undeclared', { port, family, target }, [cite('/opening')])]
      })

/** A way to log in worked with the right password where nobody gets in without one. */
export function takes({ asked, ways }: OnvifOperations, way: 'challenge' | 'token' | 'text'): boolean {
  const beside = ways && asked.find((a) => a.operation === ways.operation && a.service === ways.service)
  if (!beside) return false
  const given = (exchange: OnvifWays['text']): boolean =>
    ['given', 'empty'].includes(onvifOutcome(ways.operation, ways.service, answerOf(exchange)))
  return given(ways[way]) && !given(beside.anonymous)
}

const WAYS = { digest: ['challenge'], 'username-token': ['token', 'text'] } as const

/** Ways to log in that an endpoint takes although the statement does not name them for it (rule 6: declared against observed). */
const undeclaredWays = (
  statement: Statement,
  subject: string,
  value: OnvifOperations,
  schemes: readonly OnvifScheme[],
) =>
  schemes
    .filter((scheme) => onvifAt(statement, subject)?.onvif.authentication.includes(scheme) === false)
    .flatMap((scheme) => {
      const way = WAYS[scheme].find((w) => takes(value, w))
      return way ? [{ scheme, way }] : []
    })

/** Username tokens that open ONVIF although the statement knows of none (rule 5); and ONVIF that it does not know at all. */
export const undeclaredTokens = (context: Pick<JudgeContext<unknown>, 'statement' | 'others'>): Finding[] => [
  ...undeclaredOnvif(context),
  ...context.others(onvifOperations).flatMap(({ subject, seen, cite }) => {
    if (!seen.answered) return []
    const { port, family } = seen.value
    return undeclaredWays(context.statement, subject, seen.value, ['username-token']).map(({ scheme, way }) =>
      violation('way-undeclared', { port, family, scheme }, [cite(`/ways/${way}`), cite('/asked')]),
    )
  }),
]

/** ONVIF of the same sample that was not tried because the statement does not name it: another endpoint, or another way to log in. */
export const notTried = (
  { statement, subject, others }: Pick<JudgeContext<unknown>, 'statement' | 'subject' | 'others'>,
  schemes: readonly OnvifScheme[],
): Finding[] =>
  others(onvifOperations).flatMap(({ subject: endpoint, seen, cite }) => {
    if (!seen.answered || endpointOf(endpoint).sample !== subject.split('/')[0]) return []
    const { port, family, target, opening } = seen.value
    if (onvifAt(statement, endpoint) === null)
      return speaksOnvif(answerOf(opening))
        ? [gap('onvif-elsewhere', { port, family, target }, [cite('/opening')])]
        : []
    return undeclaredWays(statement, endpoint, seen.value, schemes).map(({ scheme, way }) =>
      gap('way-not-tried', { port, family, scheme }, [cite(`/ways/${way}`), cite('/asked')]),
    )
  })
