import { suspicion, violation, type Applies, type Finding, type JudgeContext } from '../criterion.ts'
import type { ObservationKind } from '../observation.ts'
import { declaresLog } from '../observations/log-actions.ts'
import { bool, obj } from '../schema.ts'
import type { Statement } from '../statement.ts'

/** `required`: the text asks for a log, so that a device which declares none does not conform. */
export const requiredParameter = obj({ required: bool() })

/** Without a declared log, or a declared way to cause the event, it is not known whether it is recorded. */
export const needs =
  (...conditions: [code: string, holds: (statement: Statement) => boolean][]) =>
  (statement: Statement): Applies => {
    const all: [string, (statement: Statement) => boolean][] = [
      ['event-log.no-log-declared', declaresLog],
      ...conditions,
    ]
    const missing = all.find(([, holds]) => !holds(statement))
    return missing ? { answer: 'unknown', why: { code: missing[0], values: {} } } : { answer: 'yes' }
  }

const LOG_PAGE = /(?:^|[/_.-])(?:sys|audit|event|access)?-?logs?(?:$|[/_.?-])/i

/**
 * A text that asks for a log is not met by declaring none; and who declares none, but a page that is called one, has not
 * shown that there is none (rule 5).
 */
export const noLogContradicted =
  (kind: ObservationKind<{ declared: boolean }>) =>
  (context: JudgeContext<{ required: boolean }>): Finding[] => {
    const { statement, parameters } = context
    const seen = context.others(kind).find((o) => o.seen.answered)
    if (declaresLog(statement) || !seen) return []
    const cites = [seen.cite('/declared')]
    if (parameters.required) return [violation('event-log.log-required', {}, cites)]
    const page = statement.resources.find((r) => LOG_PAGE.test(r.target))
    return page ? [suspicion('event-log.log-page-declared', { target: page.target }, cites)] : []
  }
