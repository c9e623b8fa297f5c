import { defineCriterion, evidence, gap, suspicion, violation, type Finding, type JudgeContext } from '../criterion.ts'
import type { Likeness } from '../facts/likeness.ts'
import { outcomeBeside } from '../facts/session.ts'
import type { Exchange } from '../observations/exchange.ts'
import { kind, type Rested, type SessionIdle } from '../observations/session-idle.ts'
import { int, obj, opt, type Static } from '../schema.ts'
import { appliesWhereSessions } from './session-declared.ts'

const parameters = obj({
  /** Longest time that a session may go on without a request; as long as the maker declares where nothing is said. */
  mostIdleSeconds: opt(int(1, 86_400)),
})
type Context = JudgeContext<Static<typeof parameters>>

/**
 * A session in which nothing is asked for the declared time is over (EN 303 645 provision 5.1-3; Decision 724, automatic
 * log-out). It was looked at once, so that no look kept it; one that was used all along shows that no other cause ended it.
 */
export const criterion = defineCriterion({
  id: 'authentication/idle-session-ends',
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
    const { half, idle, used, alone, anonymous, idleSeconds } = value
    const outcome = outcomeBeside(idle.opened, anonymous)
    const begun = [half, idle, used].map(({ opened }) => outcome(opened))
    const opened = [cite('/anonymous'), cite('/half/opened'), cite('/idle/opened'), cite('/used/opened')]
    if (outcome(anonymous) !== 'refused' || begun.some((o) => o !== 'granted'))
      return [gap('log-ins-unproven', {}, opened)]
    if (isSame(idle, half) || isSame(idle, used))
      return [gap('same-session', {}, [cite('/half/gave'), cite('/idle/gave'), cite('/used/gave')])]
    const seconds = secondsOf(idle)
    if (seconds < idleSeconds) return [gap('too-soon', { seconds, idleSeconds }, [cite('/idle/look')])]
    const cites = [cite('/idle/opened'), cite('/idle/look'), cite('/used/looks')]
    switch (outcome(idle.look)) {
      case 'granted':
        return [aliveFinding(alone, outcome, value, context)]
      case 'unclear':
        return [gap('unclear', {}, cites)]
      case 'refused':
        return used.looks.length > 0 && used.looks.every((look) => outcome(look) === 'granted')
          ? endedFindings(value, outcome, context)
          : [gap('used-lost', {}, cites)]
    }
  },
})

type Outcome = (exchange: Exchange) => Likeness

/** Whole seconds in which nothing was asked. */
const secondsOf = ({ opened, look }: Rested): number => Math.floor((look.at - opened.at - opened.elapsed) / 1_000_000)

/** Two log-ins that gave one session: whoever uses it, uses both. */
const isSame = (one: Pick<Rested, 'gave'>, other: Pick<Rested, 'gave'>): boolean =>
  one.gave.every(({ digest }) => other.gave.some((g) => g.digest === digest))

/** Only a session without another one beside it shows that nothing but time went by. */
function aliveFinding(
  alone: Rested | null,
  outcome: Outcome,
  { idleSeconds }: SessionIdle,
  { cite }: Context,
): Finding {
  const cites = [cite('/idle/look'), cite('/alone')]
  if (alone === null || outcome(alone.opened) !== 'granted' || secondsOf(alone) < idleSeconds)
    return suspicion('alive-beside', { idleSeconds }, cites)
  return outcome(alone.look) === 'granted'
    ? violation('alive', { seconds: secondsOf(alone), idleSeconds }, cites)
    : suspicion('alive-beside', { idleSeconds }, cites)
}

function endedFindings(
  { half, idle, idleSeconds }: SessionIdle,
  outcome: Outcome,
  { cite, parameters: { mostIdleSeconds: most = idleSeconds } }: Context,
): Finding[] {
  const halfway = [cite('/half/opened'), cite('/half/look')]
  const ended = evidence('ended', { seconds: secondsOf(idle), idleSeconds }, [
    ...[cite('/idle/opened'), cite('/idle/look')],
    cite('/used/looks'),
  ])
  const lived = outcome(half.look) === 'granted' ? secondsOf(half) : 0
  if (lived >= most && idleSeconds > most) return [violation('longer-than-asked', { seconds: lived, most }, halfway)]
  if (idleSeconds > most) return [ended, gap('declared-longer', { idleSeconds, most }, halfway)]
  return outcome(half.look) === 'refused'
    ? [ended, evidence('ended-early', { seconds: secondsOf(half), idleSeconds }, halfway)]
    : [ended]
}
