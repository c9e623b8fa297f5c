import { defineCriterion, evidence, gap, suspicion, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { newEntries, readLog, type ReadLog } from '../facts/log-entries.ts'
import { DEEDS, speaksOf } from '../facts/log-events.ts'
import { kind as logClearing, type LogClearing } from '../observations/log-clearing.ts'
import { obj } from '../schema.ts'
import { declaredClearing } from './clearing.ts'
import { entryRecord, readRecords, type LogRecord } from './records.ts'
import { addressesOf, shapeOf } from './telling.ts'

type Tries = NonNullable<LogClearing['tries']>
type Told = NonNullable<Tries['told']>

/**
 * That the log was emptied is itself recorded: in the emptied log, or at a log server (IEC 62443-4-2 CR 2.8 asks for
 * events of the log itself). It is missing only where the log was shown to be emptied and to be written to afterwards.
 */
export const criterion = defineCriterion({
  id: 'logging/clearing-recorded',
  version: '1.0.0',
  area: 'logging',
  over: logClearing,
  also: [],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: declaredClearing,
  judge({ value: { tries } }, context) {
    const { cite } = context
    if (!tries?.told) return [gap('not-tried', {}, [cite('/tries')])]
    const [between, after] = [readLog(tries.between), readLog(tries.after)]
    if (!between || !after) return [gap('log-not-read', {}, [cite('/tries')])]
    const own = [cite('/tries/byAdministrator'), cite('/tries/after')]
    const still = new Set(after.entries)
    if (between.entries.length === 0) return [gap('log-empty', {}, [cite('/tries/between')])]
    if (between.entries.some((e) => still.has(e))) return [gap('not-emptied', {}, own)]
    const records = recordsSince(tries, tries.told, between, context)
    const telling = records.filter((r) => speaksOf('log-cleared', r.text) && !r.failure)
    const [first] = telling
    return first
      ? [evidence('recorded', { channel: first.channel }, [...own, ...telling.slice(0, 3).map((r) => cite(r.pointer))])]
      : [missing(tries.told, records, between, context)]
  },
})

/** What every log holds that it did not hold before it was emptied. */
function recordsSince(
  { after }: Tries,
  told: Told,
  between: ReadLog,
  { statement, subject }: JudgeContext<unknown>,
): LogRecord[] {
  const entries = [['/tries/after', after] as const, ['/tries/told/control/later', told.control?.later] as const]
  const own = entries.flatMap(([pointer, exchange]) => {
    const log = exchange && readLog(exchange)
    return newEntries(between.entries, log?.entries ?? []).map((text) => entryRecord(text, told.clearedAt, pointer))
  })
  const came = readRecords(told, addressesOf(statement, subject)).filter((r) => r.fromDevice && r.at >= told.clearedAt)
  return [...own, ...came.map((r) => ({ ...r, pointer: `/tries/told${r.pointer}` }))]
}

/** Nothing speaks of the clearing: confirmed where every log that is declared told of something else afterwards (rule 1). */
function missing(
  told: Told,
  records: readonly LogRecord[],
  between: ReadLog,
  { cite }: JudgeContext<unknown>,
): Finding {
  const at = cite('/tries/told')
  const later = told.control && readLog(told.control.later)
  if (!later?.whole) return gap('log-not-read', {}, [at])
  if (told.left > 0) return gap('event-log.too-many-records', { left: told.left }, [cite('/tries/told/left')])
  const known = new Set(between.entries.map((text) => shapeOf({ message: text })))
  const odd = records.filter((r) => !known.has(shapeOf(r)) && !DEEDS.some((d) => speaksOf(d, r.text)))
  if (odd.length > 0)
    return suspicion(
      'unexplained',
      {},
      odd.slice(0, 3).map((r) => cite(r.pointer)),
    )
  const names = (ids: readonly { id: string }[]): string => ids.map((c) => c.id).join(', ')
  const deaf = told.channels.filter((c) => !c.receiving)
  if (deaf.length > 0) return gap('event-log.not-all-received', { channel: names(deaf) }, [at])
  const silent = told.channels.filter((c) => !records.some((r) => r.channel === c.id))
  if (silent.length > 0) return suspicion('event-log.channel-unproven', { channel: names(silent) }, [at])
  const own = records.filter((r) => r.pointer === '/tries/told/control/later')
  if (own.length === 0) return suspicion('event-log.log-unproven', {}, [at])
  // A page with as many rows as before may have room for no more.
  if (later.mayBePart && later.entries.length >= between.entries.length)
    return suspicion('event-log.log-shows-part', {}, [at])
  return violation('not-recorded', {}, [
    cite('/tries/byAdministrator'),
    cite('/tries/after'),
    ...own.slice(0, 2).map((r) => cite(r.pointer)),
  ])
}
