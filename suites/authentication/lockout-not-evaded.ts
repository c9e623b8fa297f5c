import { defineCriterion, evidence, gap, suspicion, violation } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { isHeard, webReading } from '../facts/lock.ts'
import { alike, looksGranted } from '../facts/likeness.ts'
import { kind } from '../observations/http-lockout.ts'
import { loginsOver } from '../observations/log-ins.ts'
import type { Exchange } from '../observations/exchange.ts'
import { obj } from '../schema.ts'

/**
 * A locked HTTP log-in is not opened by a sender address that the guesser forges in X-Forwarded-For (RFC 7239 section
 * 8.1): whoever may choose the address that failures are counted by can guess for ever.
 */
export const criterion = defineCriterion({
  id: 'authentication/lockout-not-evaded',
  version: '1.1.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: (statement) =>
    loginsOver(statement, 'http').length > 0
      ? { answer: 'yes' }
      : { answer: 'unknown', why: { code: 'no-log-in-declared', values: {} } },
  judge({ value }, { cite }) {
    const { before, stages, during, polls } = value
    const [good, bad] = [answerOf(before.spare), answerOf(stages[0]?.wrong[0] ?? null)]
    if (!looksGranted(good) || alike(good, good, bad) !== 'granted')
      return [gap('log-in-unproven', {}, [cite('/before/spare'), cite('/stages')])]
    if (!during?.forged) return [gap('no-lock', { count: stages.flatMap((s) => s.wrong).length }, [cite('/stages')])]
    const isGranted = (exchange: Exchange | null): boolean => alike(answerOf(exchange), good, bad) === 'granted'
    // The lock must have held on both sides of the forged try.
    const held = polls.some((p) => !isGranted(p)) && isHeard(value, webReading, isGranted)
    const cites = [cite('/stages'), cite('/during/forged'), cite('/polls')]
    if (isGranted(during.forged)) return [(held ? violation : suspicion)('forged-address-opens', {}, cites)]
    return [held ? evidence('forged-address-refused', {}, cites) : gap('lock-ended', {}, cites)]
  },
})
