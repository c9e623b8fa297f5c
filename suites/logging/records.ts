import { fromBase64 } from '../facts/bytes.ts'
import { holdsTime } from '../facts/log-events.ts'
import { addressKey, namesUser, saysFailure, saysRepeated, saysSuccess } from '../facts/log-words.ts'
import { parseSyslog } from '../facts/syslog.ts'
import type { ReceivedRecord } from '../observations/log-records.ts'

/** A record as it counts: by its arrival at the lab, whatever the device's clock says. */
export interface LogRecord {
  at: number
  channel: string
  /** RFC 6901, in the observation. */
  pointer: string
  fromDevice: boolean
  /** Everything after the priority, Latin-1. */
  text: string
  message: string
  failure: boolean
  success: boolean
  repeated: boolean
  /** It holds a date or a time of day. */
  time: boolean
  names(user: string): boolean
}

/** An entry of the device's own log as a record; it has no arrival of its own. */
export const entryRecord = (text: string, at: number, pointer: string): LogRecord => ({
  at,
  channel: 'log',
  pointer,
  fromDevice: true,
  text,
  message: text,
  failure: saysFailure(text),
  success: saysSuccess(text),
  repeated: saysRepeated(text),
  time: holdsTime(text),
  names: (user) => namesUser(text, user),
})

/** The records of an observation; those of other senders are marked, not dropped. */
export function readRecords(value: { records: readonly ReceivedRecord[] }, addresses: readonly string[]): LogRecord[] {
  const own = new Set(addresses.map(addressKey))
  return value.records.map(({ at, channel, from, raw }, i) => {
    const { text, message } = parseSyslog(fromBase64(raw))
    return {
      at,
      channel,
      pointer: `/records/${i}`,
      fromDevice: own.has(addressKey(from)),
      text,
      message,
      failure: saysFailure(text),
      success: saysSuccess(text),
      repeated: saysRepeated(text),
      time: holdsTime(text),
      names: (user) => namesUser(text, user),
    }
  })
}
