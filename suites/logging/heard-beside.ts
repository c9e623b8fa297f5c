import type { Cite, JudgeContext } from '../criterion.ts'
import { kind as eventLog } from '../observations/event-log.ts'
import { kind as failedLoginLog, type FailedLoginLog } from '../observations/failed-login-log.ts'
import { endpointOf } from '../subject.ts'
import { readRecords } from './records.ts'
import { addressesOf } from './telling.ts'

type Channel = FailedLoginLog['channels'][number]
type Other = Pick<FailedLoginLog, 'channels' | 'quiet' | 'records'>

/** A record that the same channel brought in another observation, before this one and after it; null where none did. */
export interface HeardBeside {
  before: Cite | null
  after: Cite | null
}

/**
 * Whether a channel that was silent brought records around other events of the same unit (rule 1: controls on the same
 * path). Each time the device is told anew where to send: only what came as soon after that as the log-ins failed here counts.
 * Nothing is observed for the sake of this; it speaks where another criterion asked for it.
 */
export function heardBeside(channel: Channel, value: FailedLoginLog, context: JudgeContext<unknown>): HeardBeside {
  const { sample } = endpointOf(context.subject)
  const { quiet, until } = value
  const last = Math.max(0, ...value.events.flatMap((e) => (e.what === 'accepted' ? [] : [e.at])))
  if (quiet === null || until === null) return { before: null, after: null }
  const heard = [
    ...context.others<Other>(eventLog as never),
    ...context.others<Other>(failedLoginLog as never).filter((o) => o.subject !== context.subject),
  ].flatMap(({ subject, seen, cite }) => {
    if (!seen.answered || endpointOf(subject).sample !== sample) return []
    const other = seen.value
    const isSame = other.channels.some(
      (c) => c.id === channel.id && c.protocol === channel.protocol && c.port === channel.port && c.receiving,
    )
    const from = other.quiet?.from
    if (!isSame || from === undefined) return []
    const own = readRecords(other, addressesOf(context.statement, context.subject))
    return own
      .filter((r) => r.fromDevice && r.channel === channel.id && r.at - from <= last - quiet.from)
      .map((r) => ({ at: r.at, cite: cite(r.pointer) }))
  })
  return {
    before: heard.find((r) => r.at < quiet.from)?.cite ?? null,
    after: heard.find((r) => r.at > until)?.cite ?? null,
  }
}
