import { defineCriterion, evidence, gap, suspicion, violation, type Finding } from '../criterion.ts'
import { namesAddress } from '../facts/log-words.ts'
import { kind as eventLog, type LogEvent } from '../observations/event-log.ts'
import { list, obj, oneOf } from '../schema.ts'
import { needs } from './declared.ts'
import { isProven } from './recorded.ts'
import type { LogRecord } from './records.ts'
import { recordsOf, toldBy } from './telling.ts'

const FIELDS = ['time', 'source', 'actor', 'outcome'] as const
type Field = (typeof FIELDS)[number]

const parameters = obj({
  /** What a record must hold. A text that asks for no actor lists none. */
  fields: list(oneOf(...FIELDS)),
})

/**
 * The records of events that the lab caused hold the required fields: a time, the address it came from, who acted, and
 * for log-ins whether they succeeded. Several records of one event count together.
 */
export const criterion = defineCriterion({
  id: 'logging/record-fields',
  version: '1.0.0',
  area: 'logging',
  over: eventLog,
  also: [],
  states: ['in-service'],
  parameters,
  catalogues: [],
  applies: needs(),
  judge({ value }, context) {
    const told = toldBy(value, context)
    const { fields } = context.parameters
    if (fields.length === 0) return [gap('no-field-asked', {}, [])]
    const findings = value.events.flatMap((event, i): Finding[] => {
      if (!isProven(value, event, context)) return []
      const { named, nameless } = recordsOf(event, told)
      const records = [...named, ...nameless]
      if (records.length === 0) return []
      const cites = [context.cite(`/events/${i}`), ...records.slice(0, 3).map((r) => context.cite(r.pointer))]
      const absent = fields.filter((f) => !records.some((r) => HOLDS[f](r, event)))
      const unsaid = absent.filter((f) => f === 'outcome')
      const missing = absent.filter((f) => f !== 'outcome')
      return [
        ...missing.map((field) => violation(`missing-${field}`, { event: event.id }, cites)),
        ...unsaid.map(() => suspicion('outcome-not-understood', { event: event.id }, cites)),
        ...(absent.length === 0 ? [evidence('complete', { event: event.id, fields: fields.join(', ') }, cites)] : []),
      ]
    })
    return findings.length > 0 ? findings : [gap('no-record-to-look-at', {}, [context.cite('/events')])]
  },
})

/** Other events than log-ins are recorded because they succeeded; words for it differ too much to ask for any. */
const HOLDS: Record<Field, (record: LogRecord, event: LogEvent) => boolean> = {
  time: (r) => r.time,
  source: (r, e) => namesAddress(r.text, e.sourceAddress),
  actor: (r, e) => r.names(e.user),
  outcome: (r, e) => (e.what === 'accepted' ? r.success : e.what === 'injected' ? r.failure : true),
}
