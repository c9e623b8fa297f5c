import type { JudgeContext } from '../criterion.ts'
import { fromBase64 } from '../facts/bytes.ts'
import { addressKey } from '../facts/log-words.ts'
import { parseSyslog } from '../facts/syslog.ts'
import type { UpdateRefusal } from '../observations/update-refusal.ts'
import { declaredOf } from '../subject.ts'

type Log = NonNullable<UpdateRefusal['log']>

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
