import { defineCriterion, evidence, gap, suspicion, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { saysUpdate, saysUpdated, saysUpdateFailed } from '../facts/update-words.ts'
import type { UpdateRefusal } from '../observations/update-refusal.ts'
import { bool, obj } from '../schema.ts'
import { changed, genuineInstalled, genuineOf, offeredAt, unproven, wasRefused } from './attempts.ts'
import { ownRecords, shapeOf } from './records.ts'
import { overUpdates } from './upload-page.ts'

const parameters = obj({
  /** The text asks for a log that reaches another machine: a device that declares none does not conform. */
  required: bool(),
})
type Context = JudgeContext<{ required: boolean }>
type Log = NonNullable<UpdateRefusal['log']>

/** So many refusals, each with its record, show that datagrams of this device arrive. */
const LEAST_PROVEN = 3

/**
 * An installed update leaves a record that reaches the log server (QCVN 11:2026/BCA asks for a system log). Where records
 * come by datagrams only, one may be lost (RFC 5426 section 4.3): it counts as missing where those of the refusals all came.
 */
export const criterion = defineCriterion({
  id: 'update-integrity/installation-logged',
  version: '1.1.0',
  ...overUpdates,
  parameters,
  judge({ value }, context) {
    const { log, genuine } = value
    if (log === null)
      return [(context.parameters.required ? violation : gap)('no-channel-declared', {}, [context.cite('/log')])]
    if (!log.channels.some((c) => c.receiving))
      return [gap('nothing-received-with', {}, [context.cite('/log/channels')])]
    if (genuine === null || !genuineInstalled(value, genuineOf(context)))
      return [gap('genuine-not-installed', {}, [unproven(value, context)])]
    return recorded(value, log, offeredAt(genuine), context)
  },
})

/** What came between the genuine package and the next one, beside what came before any was installed. */
function recorded(value: UpdateRefusal, log: Log, at: number, context: Context): Finding[] {
  const records = ownRecords(log, context)
  const end = Math.min(log.until, value.older ? offeredAt(value.older) : Infinity)
  const within = records.filter((r) => r.at >= at && r.at < end)
  const own = context.cite('/genuine')
  const cites = (found: typeof records) => [own, ...found.slice(0, 3).map((r) => r.cite)]
  const installed = [...value.variants, ...value.doors, ...value.returns].filter(changed).map(offeredAt)
  const clean = Math.min(at, ...installed)
  const before = new Set(records.filter((r) => r.at < clean).map((r) => shapeOf(r.text)))
  const told = within.filter((r) => saysUpdated(r.text))
  const fresh = told.filter((r) => !before.has(shapeOf(r.text)))
  if (fresh.length > 0) return [evidence('recorded', { channel: fresh[0]?.channel ?? '' }, cites(fresh))]
  if (told.length > 0) return [suspicion('not-told-apart', {}, cites(told))]
  const halves = within.filter((r) => saysUpdate(r.text))
  if (halves.length > 0) return [suspicion('outcome-not-said', {}, cites(halves))]
  if (log.left > 0) return [gap('too-many-records', { left: log.left }, [context.cite('/log/left')])]
  const silent = log.channels.filter((c) => !within.some((r) => r.channel === c.id))
  if (silent.length > 0)
    return [
      suspicion('channel-silent', { channel: silent.map((c) => c.id).join(', ') }, [context.cite('/log/channels')]),
    ]
  const isLossy = log.channels.every((c) => c.protocol === 'syslog-udp')
  return isLossy && !arrive(value, records)
    ? [suspicion('may-be-lost', {}, cites(within))]
    : [violation('not-recorded', {}, cites(within))]
}

/** Every refused package left its record. */
function arrive(value: UpdateRefusal, records: ReturnType<typeof ownRecords>): boolean {
  const starts = [...value.variants, ...value.doors, ...(value.genuine ? [value.genuine] : [])].map(offeredAt)
  const refused = value.variants.filter(wasRefused)
  const isTold = (from: number): boolean => {
    const next = Math.min(...starts.filter((s) => s > from))
    return records.some((r) => r.at >= from && r.at < next && saysUpdateFailed(r.text))
  }
  return refused.length >= LEAST_PROVEN && refused.every((v) => isTold(offeredAt(v)))
}
