import { gap, type Finding, type JudgeContext } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { speaksOnvif } from '../facts/onvif.ts'
import { onvifAt, type OnvifScheme } from '../observations/onvif-endpoints.ts'
import { kind as onvifOperations } from '../observations/onvif-operations.ts'
import { endpointOf } from '../subject.ts'
import { undeclaredWays } from './onvif-ways.ts'

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
