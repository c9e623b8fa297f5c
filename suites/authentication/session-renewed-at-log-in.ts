import { defineCriterion, evidence, gap, violation, type Cite, type Finding } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { carriersOf, opensLater, outcomeIn } from '../facts/session.ts'
import { kind, type Sessions } from '../observations/sessions.ts'
import { obj } from '../schema.ts'
import { appliesWhereSessions } from './session-declared.ts'
import { unknownSession } from './session.ts'

/**
 * A cookie that was there before the log-in does not become that of whoever logs in (EN 303 645 provision 5.1-3): neither
 * one the device gave to a visitor, nor one that somebody made up. Who planted it would be logged in as well.
 */
export const criterion = defineCriterion({
  id: 'authentication/session-renewed-at-log-in',
  version: '1.0.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: appliesWhereSessions,
  judge({ value }, { cite }) {
    const unknown = unknownSession(value, cite)
    if (unknown.length > 0) return unknown
    const cookies = carriersOf(value).parts.filter((p) => p.is === 'cookie')
    if (cookies.length === 0) return [evidence('no-cookie', {}, [cite('/first/parts'), cite('/first/entry')])]
    const findings = value.planted.map((one, i) => plantedFinding(value, one, (at) => cite(`/planted/${i}/${at}`)))
    const isPlanted = (how: 'given' | 'made-up'): boolean => value.planted.some((p) => p.how === how)
    const madeUp = value.planted.find((p) => p.how === 'made-up')
    if (!cookies.every((c) => madeUp?.names.includes(c.name))) findings.push(gap('not-planted', {}, [cite('/planted')]))
    if (!isPlanted('given')) {
      const isAnswered = value.visits.length > 0 && value.visits.every((v) => answerOf(v) !== null)
      findings.push(
        (isAnswered ? evidence : gap)(isAnswered ? 'nothing-given' : 'visits-unanswered', {}, [cite('/visits')]),
      )
    }
    return findings
  },
})

/** What was known before one log-in, before and after it. */
function plantedFinding(value: Sessions, one: Sessions['planted'][number], cite: (at: string) => Cite): Finding {
  const outcome = outcomeIn(value)
  const values = { names: one.names.join(', ') }
  const cites = [cite('before'), cite('entry'), cite('known'), cite('opened')]
  const [before, known, opened] = [outcome(one.before), outcome(one.known), outcome(one.opened)]
  if (before !== 'refused') return gap(before === 'granted' ? 'open-before' : 'unclear', values, cites)
  if (known === 'granted') return violation(one.how === 'given' ? 'given-adopted' : 'made-up-adopted', values, cites)
  if (known === 'refused' && opened === 'granted')
    return evidence(one.how === 'given' ? 'given-replaced' : 'made-up-replaced', values, cites)
  return known === 'refused' && opened === 'refused' && opensLater(value)
    ? evidence('log-in-refused', values, cites)
    : gap('unclear', values, cites)
}
