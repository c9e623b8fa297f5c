import { defineCriterion, evidence, gap, suspicion, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { saysUpdate, saysUpdated, saysUpdateFailed } from '../facts/update-words.ts'
import { countsOwn } from '../logging/own-log.ts'
import type { UpdateRefusal } from '../observations/update-refusal.ts'
import { changed, genuineInstalled, genuineOf, offeredAt, unproven, wasRefusedWhole } from './attempts.ts'
import {
  gained,
  ownLogLack,
  ownRecords,
  recordParameters,
  shapeOf,
  unheard,
  type Asked,
  type Spoken,
} from './records.ts'
import { overUpdates } from './upload-page.ts'

type Context = JudgeContext<Asked>
type Log = NonNullable<UpdateRefusal['log']>

/** So many refusals, each with its record, show that datagrams of this device arrive. */
const LEAST_PROVEN = 3

/**
 * An installed update leaves a record, at a log server unless the text accepts the device's own log (QCVN 11:2026/BCA asks for a system log). Where records
 * come by datagrams only, one may be lost (RFC 5426 section 4.3): it counts as missing where those of the refusals all came.
 */
export const criterion = defineCriterion({
  id: 'update-integrity/installation-logged',
  version: '1.2.0',
  ...overUpdates,
  parameters: recordParameters,
  judge({ value }, context) {
    const silence = unheard(value, context)
    const { log, genuine } = value
    if (silence || !log) return silence ? [silence] : []
    if (genuine === null || !genuineInstalled(value, genuineOf(context)))
      return [gap('genuine-not-installed', {}, [unproven(value, context)])]
    return recorded(value, log, offeredAt(genuine), context)
  },
})

/** What came between the genuine package and the next one, beside what came before any was installed. */
function recorded(value: UpdateRefusal, log: Log, at: number, context: Context): Finding[] {
  const records = ownRecords(log, context)
  const end = Math.min(log.until, value.older ? offeredAt(value.older) : Infinity)
  const installed = [...value.variants, ...value.doors, ...value.returns].filter(changed).map(offeredAt)
  const clean = Math.min(at, ...installed)
  const before = new Set(records.filter((r) => r.at < clean).map((r) => shapeOf(r.text)))
  const isOwnCounted = countsOwn(context.statement, context.parameters.where)
  // Where nothing was installed before, what the own log says of refused packages is known.
  const refused = isOwnCounted && installed.length === 0 ? gained(log, 'begin', 'before', context) : []
  const known = new Set(refused.map((r) => shapeOf(r.text)))
  const within: Spoken[] = [
    ...records.filter((r) => r.at >= at && r.at < end).map((r) => ({ ...r, fresh: !before.has(shapeOf(r.text)) })),
    ...(isOwnCounted ? gained(log, 'before', 'installed', context) : []).map((r) => ({
      ...r,
      fresh: r.fresh && !known.has(shapeOf(r.text)),
    })),
  ]
  const own = context.cite('/genuine')
  const cites = (found: readonly Spoken[]) => [own, ...found.slice(0, 3).map((r) => r.cite)]
  const told = within.filter((r) => saysUpdated(r.text))
  const fresh = told.filter((r) => r.fresh)
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
  const lack = ownLogLack(log, 'before', 'installed', context)
  if (lack) return [lack]
  const isLossy = !isOwnCounted && log.channels.every((c) => c.protocol === 'syslog-udp')
  return isLossy && !arrive(value, records)
    ? [suspicion('may-be-lost', {}, cites(within))]
    : [violation('not-recorded', {}, cites(within))]
}

/** Every refused package left its record. */
function arrive(value: UpdateRefusal, records: ReturnType<typeof ownRecords>): boolean {
  const starts = [...value.variants, ...value.doors, ...(value.genuine ? [value.genuine] : [])].map(offeredAt)
  const refused = value.variants.filter(wasRefusedWhole)
  const isTold = (from: number): boolean => {
    const next = Math.min(...starts.filter((s) => s > from))
    return records.some((r) => r.at >= from && r.at < next && saysUpdateFailed(r.text))
  }
  return refused.length >= LEAST_PROVEN && refused.every((v) => isTold(offeredAt(v)))
}
