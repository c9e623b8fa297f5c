import { gap, violation, type Cite, type Finding, type JudgeContext } from '../criterion.ts'
import { fromBase64 } from '../facts/bytes.ts'
import { newEntries, readLog } from '../facts/log-entries.ts'
import { addressKey } from '../facts/log-words.ts'
import { parseSyslog } from '../facts/syslog.ts'
import { countsOwn, lackOf, whereParameter } from '../logging/own-log.ts'
import type { UpdateRefusal } from '../observations/update-refusal.ts'
import { bool, obj, type Static } from '../schema.ts'
import { declaredOf } from '../subject.ts'

type Log = NonNullable<UpdateRefusal['log']>
type Reading = keyof NonNullable<Log['api']>

export const recordParameters = obj({
  /** The text asks for such a log: a device that declares none does not conform. */
  required: bool(),
  where: whereParameter,
})
export type Asked = Static<typeof recordParameters>

/** Records that differ in numbers only are alike. */
export const shapeOf = (text: string): string => text.replace(/\b(?:0x)?[0-9a-fA-F]*\d[0-9a-fA-F]*\b/g, '#')

/** Records that came from this device, by their arrival. */
export function ownRecords(log: Log, context: JudgeContext<unknown>) {
  const sample = context.statement.samples.find((s) => s.id === declaredOf(context.subject).sample)
  const own = [sample?.addresses.ipv4, sample?.addresses.ipv6].flatMap((a) => (a ? [addressKey(a)] : []))
  return log.records.flatMap((r, i) =>
    own.includes(addressKey(r.from))
      ? [
          {
            at: r.at,
            channel: r.channel,
            text: parseSyslog(fromBase64(r.raw)).message,
            cite: context.cite(`/log/records/${i}`),
          },
        ]
      : [],
  )
}

/** One record that may speak of an update; `fresh`: nothing alike was there before. */
export interface Spoken {
  channel: string
  text: string
  cite: Cite
  fresh: boolean
}

/**
 * What the device's own log gained between two readings. Old entries that read otherwise each time, by an age or a number,
 * seem new: of a shape of which as many are gone as came, none is fresh.
 */
export function gained(log: Log, from: Reading, to: Reading, context: JudgeContext<unknown>): Spoken[] {
  const [earlier, later] = [log.api?.[from] ?? null, log.api?.[to] ?? null]
  const [before, after] = [earlier && readLog(earlier), later && readLog(later)]
  if (!before || !after) return []
  const entries = newEntries(before.entries, after.entries)
  const gone = newEntries(after.entries, before.entries).map(shapeOf)
  const count = (shapes: readonly string[], shape: string): number => shapes.filter((s) => s === shape).length
  const shapes = entries.map(shapeOf)
  return entries.map((text) => ({
    channel: 'log',
    text,
    cite: context.cite(`/log/api/${to}`),
    fresh: count(shapes, shapeOf(text)) > count(gone, shapeOf(text)),
  }))
}

/** What keeps the device's own log from showing that a record is missing, where it counts. */
export function ownLogLack(log: Log, from: Reading, to: Reading, context: JudgeContext<Asked>): Finding | null {
  if (!countsOwn(context.statement, context.parameters.where)) return null
  const [earlier, later] = [log.api?.[from] ?? null, log.api?.[to] ?? null]
  return lackOf(earlier && later ? { earlier, later } : null, [context.cite(log.api ? '/log/api' : '/log')])
}

/** Why no record can be looked for at all. */
export function unheard({ log }: UpdateRefusal, context: JudgeContext<Asked>): Finding | null {
  const { required, where } = context.parameters
  const isOwn = countsOwn(context.statement, where)
  if (!isOwn && (log === null || log.channels.length === 0)) {
    const code = where === 'any' ? 'no-log-declared' : 'no-channel-declared'
    return (required ? violation : gap)(code, {}, [context.cite('/log')])
  }
  const isRead = isOwn && log?.api !== undefined
  return isRead || log?.channels.some((c) => c.receiving)
    ? null
    : gap('nothing-received-with', {}, [context.cite(log ? '/log/channels' : '/log')])
}
