import { defineCriterion, evidence, gap, violation } from '../criterion.ts'
import { outcomeBeside } from '../facts/session.ts'
import { kind, type SessionPasswordChange } from '../observations/session-password-change.ts'
import { obj } from '../schema.ts'
import { appliesWhereSessions } from './session-declared.ts'

/**
 * A session that began with the old password opens nothing once the password is changed (EN 303 645 provision 5.1-4: who
 * changes a password that others know shuts them out). It must have worked directly before, also beside a log-in of who
 * changes the password, and the new password must open the same door afterwards.
 */
export const criterion = defineCriterion({
  id: 'authentication/session-ends-at-password-change',
  version: '1.0.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies(statement) {
    const applies = appliesWhereSessions(statement)
    return applies.answer === 'yes' && !statement.actions.changePassword
      ? { answer: 'unknown', why: { code: 'no-change-declared', values: {} } }
      : applies
  },
  judge({ value }, { cite }) {
    const { account, anonymous, opened, before, looks, nobody, fresh } = value
    const outcome = outcomeBeside(opened, anonymous)
    if (outcome(opened) !== 'granted' || outcome(anonymous) !== 'refused')
      return [gap('log-in-unproven', { account }, [cite('/opened'), cite('/anonymous')])]
    const cites = [cite('/before'), cite('/change'), cite('/looks'), cite('/fresh/opened')]
    if (outcome(before) !== 'granted') return [gap('lost-before', {}, [cite('/before'), cite('/other')])]
    if (outcome(fresh.opened) !== 'granted') return [gap('change-unproven', { account }, cites)]
    const last = (looks.at(-1) ?? []).map(outcome)
    if (last.includes('granted'))
      // A device may open its door to an address from which somebody else has logged in.
      return outcome(nobody) === 'refused'
        ? [violation('alive', { account }, [...cites, cite('/nobody')])]
        : [gap('open-to-all', {}, [...cites, cite('/nobody')])]
    if (last.length === 0 || last.some((o) => o !== 'refused')) return [gap('unclear', {}, cites)]
    const seconds = restedSeconds(value)
    if (seconds >= (value.idleSeconds ?? SHORTEST_IDLE_S)) return [gap('rested', { seconds }, cites)]
    return [evidence(looks[0]?.map(outcome).includes('granted') ? 'dead-later' : 'dead', { account }, cites)]
  },
})

/** Nobody ends sessions sooner without saying so. */
const SHORTEST_IDLE_S = 60

/** How long the session rested at most until it was refused, in whole seconds: it may have ended by that. */
function restedSeconds({ before, looks }: SessionPasswordChange): number {
  const from = (looks.at(-2)?.[0] ?? before).at
  const ends = (looks.at(-1) ?? []).map(({ at, elapsed }) => at + elapsed)
  return Math.floor((Math.max(from, ...ends) - from) / 1_000_000)
}
