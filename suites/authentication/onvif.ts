import { violation, type Applies, type Finding, type JudgeContext } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { speaksOnvif } from '../facts/onvif.ts'
import { onvifServices, type OnvifScheme } from '../observations/onvif-endpoints.ts'
import { kind as onvifOperations } from '../observations/onvif-operations.ts'
import type { Statement } from '../statement.ts'

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
