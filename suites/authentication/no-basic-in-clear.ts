import {
  always,
  defineCriterion,
  evidence,
  gap,
  violation,
  type Cite,
  type Finding,
  type JudgeContext,
} from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { challengesOf } from '../facts/challenge.ts'
import type { HttpMessage } from '../facts/http-message.ts'
import { alike, looksGranted } from '../facts/likeness.ts'
import { kind, type Challenges } from '../observations/challenges.ts'
import { kind as onvifOperations } from '../observations/onvif-operations.ts'
import { obj } from '../schema.ts'
import { declaredOf, endpointOf } from '../subject.ts'
import { takes } from './onvif-ways.ts'

/**
 * Where nothing is encrypted, no password is asked for or taken as Basic, which anybody on the path can read
 * (RFC 7617 section 4; EN 303 645 provision 5.1-3), nor taken as the text of an ONVIF username token (OASIS WS-Security
 * UsernameToken Profile 1.1.1, section 3.1). What is not offered may still be accepted, so it is tried.
 */
export const criterion = defineCriterion({
  id: 'authentication/no-basic-in-clear',
  version: '1.1.0',
  area: 'authentication',
  over: kind,
  also: [onvifOperations],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: always,
  judge({ value }, context) {
    const { cite } = context
    const genuine = answerOf(value.genuine)
    const unknown = [
      ...value.undiscovered.map((family) => gap('undiscovered', { family }, [cite('/undiscovered')])),
      ...(value.protocol === 'http' ? textTokens(context) : []),
    ]
    if (value.clear.length === 0)
      return [...unknown, evidence('nothing-in-clear', { protocol: value.protocol }, [cite('/clear')])]
    return [
      ...unknown,
      ...value.clear.map((one, i) =>
        clearFinding(one, genuine, (at) => cite(`/clear/${i}/${at}`), [cite('/genuine'), cite('/fresh/0')]),
      ),
    ]
  },
})

/** ONVIF without TLS that takes the password itself. */
const textTokens = ({ subject, others }: JudgeContext<unknown>): Finding[] =>
  others(onvifOperations).flatMap(({ subject: endpoint, seen, cite }) => {
    if (!seen.answered || endpointOf(endpoint).sample !== declaredOf(subject).sample) return []
    const { tls, port, family } = seen.value
    return !tls && takes(seen.value, 'text')
      ? [violation('text-token-accepted', { port, family }, [cite('/ways/text'), cite('/asked')])]
      : []
  })

/** What one endpoint without TLS asks for, and what it makes of Basic. */
function clearFinding(
  one: Challenges['clear'][number],
  genuine: HttpMessage | null,
  cite: (at: string) => Cite,
  controls: Cite[],
): Finding {
  const values = { port: one.port, family: one.family }
  const [anonymous, basic] = [answerOf(one.anonymous), answerOf(one.basic)]
  const cites = [cite('anonymous'), cite('basic')]
  if ([anonymous, basic].some((a) => a !== null && challengesOf(a).some((c) => c.scheme === 'basic')))
    return violation('basic-offered', values, cites)
  if (anonymous === null || basic === null || anonymous.status === 0 || basic.status === 0)
    return gap('no-answer', values, cites)
  if (looksGranted(anonymous)) return evidence('asks-for-nothing', values, cites)
  if (looksGranted(basic) && (!looksGranted(genuine) || alike(basic, genuine, anonymous) === 'granted'))
    return violation('basic-accepted', values, [...cites, ...controls])
  if (!looksGranted(genuine)) return gap('log-in-unproven', values, [...cites, ...controls])
  return looksGranted(basic)
    ? gap('unclear', values, cites)
    : evidence('basic-refused', values, [...cites, ...controls])
}
