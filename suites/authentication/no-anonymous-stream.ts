import {
  always,
  defineCriterion,
  evidence,
  gap,
  suspicion,
  violation,
  type Finding,
  type JudgeContext,
} from '../criterion.ts'
import { answerOf, isCut } from '../facts/answer.ts'
import { saysNo } from '../facts/likeness.ts'
import { parseSdp } from '../facts/sdp.ts'
import { kind, type RtspAnonymous, type RtspAttempt, type RtspVisit } from '../observations/rtsp-anonymous.ts'
import { obj } from '../schema.ts'
import { declaresProtected } from './declared-protected.ts'

/** No RTSP path gives its stream to somebody who did not log in (EN 303 645 provision 5.1-3): media that flows proves it. */
export const criterion = defineCriterion({
  id: 'authentication/no-anonymous-stream',
  version: '1.2.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['factory-fresh', 'in-service'],
  parameters: obj({}),
  catalogues: ['rtsp-paths'],
  applies: always,
  judge({ value }, context) {
    const findings = value.visits.flatMap((visit, i) =>
      visit.access === 'public'
        ? []
        : [
            ...visitFindings(visit, `/visits/${i}`, value, context),
            ...bypassFindings(visit, `/visits/${i}`, value, context),
          ],
    )
    return [...findings, ...known(value, findings, context)]
  },
})

type Outcome = 'flows' | 'described' | 'refused' | 'no-answer'

/** What one attempt came to. */
export function outcomeOf({ describe, played }: RtspAttempt): Outcome {
  const answer = answerOf(describe)
  if (answer === null || answer.protocol !== 'RTSP') return 'no-answer'
  if (answer.status !== 200 || parseSdp(answer.body) === null)
    return answer.status === 200 && isCut(describe) ? 'no-answer' : 'refused'
  if ((played?.media?.packets ?? 0) > 0) return 'flows'
  const [setup, play] = [answerOf(played?.setup ?? null), answerOf(played?.play ?? null)]
  return (setup !== null && saysNo(setup)) || (play !== null && saysNo(play)) ? 'refused' : 'described'
}

function visitFindings(
  visit: RtspVisit,
  at: string,
  value: RtspAnonymous,
  { cite, state, statement }: JudgeContext<unknown>,
): Finding[] {
  const values = { target: visit.target, packets: visit.anonymous.played?.media?.packets ?? 0 }
  const cites = [cite(`${at}/anonymous`), ...(visit.genuine ? [cite(`${at}/genuine`)] : [])]
  const isDeclared = visit.access === 'protected'
  const outcome = outcomeOf(visit.anonymous)
  if (outcome === 'flows') {
    if (visit.source === 'decoy' && value.visits.some((v) => v.access === 'public'))
      return [suspicion('any-path-flows', values, cites)]
    return [
      violation(
        isDeclared ? 'protected-flows' : visit.source === 'decoy' ? 'any-path-flows' : 'undeclared-flows',
        values,
        cites,
      ),
    ]
  }
  if (outcome === 'described') return [suspicion('described-only', values, cites)]
  if (!isDeclared) return []
  if (outcome === 'no-answer') return [gap('no-answer', values, cites)]
  if (visit.genuine && outcomeOf(visit.genuine) === 'flows') return [evidence('protected-refused', values, cites)]
  const unused = state === 'factory-fresh' && statement.actions.initialise !== undefined
  return unused ? [evidence('refused-before-set-up', values, cites)] : [gap('genuine-does-not-flow', values, cites)]
}

/**
 * A stream that is refused stays refused whatever else is changed. Where a stream is public, or any path flows, a changed
 * path may be led to that one.
 */
function bypassFindings(
  { target, bypasses = [], ...visit }: RtspVisit,
  at: string,
  { visits }: RtspAnonymous,
  { cite }: JudgeContext<unknown>,
): Finding[] {
  const isKept = outcomeOf(visit.anonymous) === 'refused' && visit.genuine && outcomeOf(visit.genuine) === 'flows'
  if (!isKept) return []
  const isElsewhere = visits.some(
    (v) => v.access === 'public' || (v.source === 'decoy' && outcomeOf(v.anonymous) === 'flows'),
  )
  const controls = [cite(`${at}/anonymous`), cite(`${at}/genuine`)]
  const findings = bypasses.flatMap(({ how, attempt }, i): Finding[] => {
    const values = { target, how }
    const cites = [cite(`${at}/bypasses/${i}`), ...controls]
    const outcome = outcomeOf(attempt)
    if (outcome === 'flows') return [(isElsewhere ? suspicion : violation)('bypass-flows', values, cites)]
    const isBare = outcome === 'described' && attempt.describe.request.credential === null
    return isBare ? [suspicion('bypass-described', values, cites)] : []
  })
  return findings.length > 0 || bypasses.length === 0
    ? findings
    : [evidence('bypasses-refused', { target, count: bypasses.length }, [cite(`${at}/bypasses`), ...controls])]
}

function known(
  { visits, complete }: RtspAnonymous,
  findings: Finding[],
  { cite, statement }: JudgeContext<unknown>,
): Finding[] {
  const others = visits.filter((v) => v.source !== 'declared')
  const silent = others.filter((v) => outcomeOf(v.anonymous) === 'no-answer').length
  if (!complete) return [gap('incomplete', { asked: visits.length }, [cite('/visits'), cite('/controls')])]
  if (silent > 0) return [gap('paths-without-answer', { count: silent }, [cite('/visits')])]
  const given = findings.filter((f) => f.is === 'violation').length
  if (given === 0 && !declaresProtected(statement, 'rtsp'))
    return [gap('nothing-declared-protected', {}, [cite('/visits'), cite('/controls')])]
  return others.length > given
    ? [
        evidence('paths-give-nothing', { count: others.filter((v) => outcomeOf(v.anonymous) === 'refused').length }, [
          cite('/visits'),
          cite('/controls'),
        ]),
      ]
    : []
}
