import { defineCriterion, evidence, gap, suspicion, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { carriersOf, freshLogIns, outcomeIn, type Part } from '../facts/session.ts'
import { faultOf, givenUnder, type GivenValue, type ValueFault } from '../facts/session-values.ts'
import { kind, type Sessions } from '../observations/sessions.ts'
import { int, obj, opt, type Static } from '../schema.ts'
import { appliesWhereSessions } from './session-declared.ts'
import { unknownSession } from './session.ts'

const parameters = obj({
  /** Least bits that an identifier of the form seen can hold; 64 where nothing is said (NIST SP 800-63B section 7.1). */
  leastBits: opt(int(1, 512)),
})
type Context = JudgeContext<Static<typeof parameters>>

const LEAST_BITS = 64
const LEAST_LOG_INS = 5

/**
 * What carries a session is made anew for every log-in and cannot be told from others (EN 303 645 provision 5.1-3). A few
 * values show repetition, counting, clocks and shortness; that they are unpredictable they cannot show.
 */
export const criterion = defineCriterion({
  id: 'authentication/session-identifiers',
  version: '1.0.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['in-service'],
  parameters,
  catalogues: [],
  applies: appliesWhereSessions,
  judge({ value }, context) {
    const { cite } = context
    const unknown = unknownSession(value, cite)
    if (unknown.length > 0) return unknown
    const outcome = outcomeIn(value)
    const worked = freshLogIns(value).filter(({ opened }) => outcome(opened) === 'granted').length
    if (worked < LEAST_LOG_INS) return [gap('too-few', { count: worked }, [cite('/first/entry'), cite('/more')])]
    const { how, parts } = carriersOf(value)
    const judged = parts.map((part) => judgedPart(value, part, context))
    // Of several that are needed together, one that cannot be told is enough.
    const best = judged.filter(({ fault }) => fault === null)
    return (how === 'needed' && best.length > 0 ? best : judged).map(({ finding }) => finding)
  },
})

function judgedPart(value: Sessions, { is, name }: Part, context: Context): { fault: string | null; finding: Finding } {
  const { cite, parameters: asked } = context
  const given = givenUnder(value, is, name)
  const cites = given.map(({ at }) => cite(at))
  if (given.length < LEAST_LOG_INS)
    return { fault: 'too-few', finding: gap('too-few', { count: given.length }, [cite('/more'), ...cites]) }
  const compared = value.values.findIndex((v) => v.is === is && v.name === name)
  const least = asked.leastBits ?? LEAST_BITS
  const fault = faultOf(given, value.values[compared], least)
  if (compared < 0) return { fault: 'too-few', finding: gap('too-few', { count: 0 }, [cite('/values')]) }
  const all = [...cites, cite(`/values/${compared}`)]
  return { fault: fault?.is ?? null, finding: findingOf(fault, { name, least, given }, all) }
}

function findingOf(
  fault: ValueFault | null,
  { name, least, given }: { name: string; least: number; given: readonly GivenValue[] },
  cites: Finding['cites'],
): Finding {
  switch (fault?.is) {
    case undefined:
      return evidence('nothing-found', { name, count: given.length }, cites)
    case 'repeated':
      return violation('repeated', { name, count: fault.count }, cites)
    case 'repeated-at-once':
      return suspicion('repeated-at-once', { name, count: fault.count }, cites)
    case 'counted':
      return violation('counted', { name, step: fault.step }, cites)
    case 'timed':
      return violation('timed', { name }, cites)
    case 'short':
      return violation('short', { name, bits: fault.bits, least }, cites)
  }
}
