import { answerOf } from '../facts/answer.ts'
import { onvifOutcome } from '../facts/onvif.ts'
import { onvifAt, type OnvifScheme } from '../observations/onvif-endpoints.ts'
import type { OnvifOperations, OnvifWays } from '../observations/onvif-operations.ts'
import type { Statement } from '../statement.ts'

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
export const undeclaredWays = (
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
