import { isIP } from 'node:net'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { LogChannelSeen, ReceivedRecord } from '../../suites/observations/log-records.ts'
import { familyOf } from '../../suites/observations/log-ins.ts'
import { FAMILIES, type Action, type Family, type LogChannel } from '../../suites/statement.ts'
import { read } from '../actions.ts'
import type { Bench, SyslogReceiver, Undo } from '../probe.ts'
import { giveAuthority, receiverIdentity } from './trust.ts'

export interface ArrivedRecord {
  at: number
  from: string
  channel: string
  bytes: Uint8Array
}

/** The declared log channels of a device with receivers of the lab at their ends. */
export interface LogChannels {
  list: LogChannelSeen[]
  /** Why a receiver could not be opened. */
  faults: string[]
  /** What arrived at or after a time, in order of arrival. */
  since(at: number): ArrivedRecord[]
  /** Puts the device's settings back, while the receivers still listen: the change itself may leave a record. */
  restore(settleMilliseconds?: number): Promise<void>
  close(): Promise<void>
}

/** What the device is told of a server. */
type Pointed = Pick<LogChannel, 'id' | 'port' | 'enable' | 'restore' | 'current'>

const SETTLE_MILLISECONDS = 2_000
const MOST_RECORDS = 2000
const MOST_RECORD_BYTES = 4_096
const about = (key: string, values: Record<string, string | number> = {}) => ({
  code: `failed-login-log.${key}`,
  values,
})

/** Receivers first, then the settings: nothing of what the device sends is lost. `name` begins the names of the changes. */
export async function openChannels(bench: Bench, name: string, family: Family): Promise<LogChannels> {
  const list: LogChannelSeen[] = []
  const faults: string[] = []
  const receivers: { id: string; receiver: SyslogReceiver; mark: number }[] = []
  const changed: string[] = []
  for (const channel of bench.statement.logging.channels) {
    const { id, protocol, port } = channel
    const trusted = protocol === 'syslog-tls' ? await receiverIdentity(bench, channel, family) : null
    try {
      const receiver = await bench.syslog(protocol, port, family, trusted?.identity)
      receivers.push({ id, receiver, mark: receiver.mark() })
    } catch (e) {
      faults.push(`${id}: ${e instanceof Error ? e.message : String(e)}`)
      list.push({ id, protocol, port, receiving: false, before: null, enable: null, after: null })
      continue
    }
    if (trusted?.client.trust) {
      const where = { 'lab-address': bench.sources(family)[0] ?? '', 'lab-port': String(port) }
      const why = { code: 'tls-clients.trusting', values: { client: trusted.client.id } }
      await giveAuthority(bench, trusted.client, trusted.authority, where, `${name}/${id}/authority`, why)
      changed.push(`${name}/${id}/authority`)
    }
    const set = channel.enable ? await point(bench, channel, `${name}/${id}`, family) : null
    if (set) changed.push(`${name}/${id}`)
    list.push({
      id,
      protocol,
      port,
      receiving: true,
      before: set?.before ?? null,
      enable: set?.enable ?? null,
      after: set?.after ?? null,
    })
  }
  return {
    list,
    faults,
    since: (at) =>
      receivers
        .flatMap(({ id, receiver, mark }) =>
          receiver
            .since(mark)
            .filter((r) => r.at >= at)
            .map((r) => ({ ...r, channel: id })),
        )
        .sort((a, b) => a.at - b.at),
    async restore(settleMilliseconds = SETTLE_MILLISECONDS) {
      if (changed.length === 0) return
      for (const id of changed.splice(0).reverse()) await bench.undo(id)
      await bench.wait(settleMilliseconds, about('settling'))
    },
    async close() {
      for (const id of changed.splice(0).reverse()) await bench.undo(id)
      await Promise.all(receivers.map(({ receiver }) => receiver.close()))
    },
  }
}

/** Records as evidence: redacted, then cut; what comes beyond a number is counted only. */
export function storable(bench: Bench, arrived: readonly ArrivedRecord[]): { records: ReceivedRecord[]; left: number } {
  const records = arrived.slice(0, MOST_RECORDS).map(({ at, from, channel, bytes }) => ({
    at,
    from,
    channel,
    raw: Buffer.from(bench.redact(bytes).subarray(0, MOST_RECORD_BYTES)).toString('base64'),
  }))
  return { records, left: arrived.length - records.length }
}

/** So many records in a quiet time are a queue that is being emptied. */
const MANY_RECORDS = 20
const MOST_QUIET_TIMES = 6

/**
 * A time in which nothing is asked of the device, to see what it records by itself. A device that could not reach its log
 * server keeps what it has recorded and sends all of it at once when the lab's opens: that is let through first.
 */
export async function quietTime(
  bench: Bench,
  { since }: Pick<LogChannels, 'since'>,
  milliseconds: number,
  why: { code: string; values: Record<string, string | number> },
): Promise<{ from: number; to: number }> {
  for (let times = 1; ; times++) {
    const from = bench.now()
    await bench.wait(milliseconds, why)
    if (bench.signal.aborted || times >= MOST_QUIET_TIMES || since(from).length <= MANY_RECORDS)
      return { from, to: bench.now() }
  }
}

/** Records that are later than this count as missing. */
const LATE_MILLISECONDS = 6_000

/** Waits until something has arrived since a time, and a little longer for what belongs to it. */
export async function untilRecorded(
  bench: Bench,
  { list, since }: LogChannels,
  at: number,
  afterLastMilliseconds: number,
  why: { code: string; values: Record<string, string | number> },
): Promise<void> {
  if (!list.some((c) => c.receiving)) return
  const end = bench.now() + LATE_MILLISECONDS * 1000
  while (bench.now() < end && since(at).length === 0) if (!(await bench.wait(250, why))) return
  await bench.wait(Math.min(afterLastMilliseconds, Math.max(0, (end - bench.now()) / 1000)), why)
}

/** Points one channel at the lab; the journal holds beforehand how it was. */
export async function point(
  bench: Bench,
  channel: Pointed,
  id: string,
  family: Family,
  why = about('pointing', { channel: channel.id }),
) {
  const { enable, current, port } = channel
  if (!enable) return null
  const before = current ? (await read(bench, current)).text : null
  const values = { 'lab-address': bench.sources(family)[0] ?? '', 'lab-port': String(port) }
  let done: Exchange | null = null
  await bench.change(id, why, undoOf(channel, before), async () => {
    done = await bench.perform(enable, values)
  })
  const after = current ? (await read(bench, current)).text : null
  return { before, enable: done as Exchange | null, after }
}

/** The family of the service that points the device at the lab, else the first family of the sample. */
export function familyTowards({ statement, sample }: Bench, asked: Action | undefined): Family | null {
  const service = statement.services.find((s) => s.id === asked?.service)
  return (service && familyOf(service, sample)) ?? FAMILIES.find((f) => sample.addresses[f] !== null) ?? null
}

/**
 * The declared way back, else the same setting with the address and port that stood there before. `null` where neither is
 * known: a lasting change, which the journal says.
 */
export function undoOf({ enable, restore, port }: Pointed, before: string | null): Undo | null {
  const old = before === null ? null : addressIn(before)
  const action = restore ?? (old ? enable : undefined)
  if (!action) return null
  return { action, values: { 'lab-address': old?.address ?? '', 'lab-port': old?.port ?? String(port) } }
}

/** `address`, `address:port` or `[address]:port`. */
function addressIn(text: string): { address: string; port: string | null } | null {
  const found = /^\s*(?:\[([0-9A-Fa-f:.%]+)\]|([^\s:]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*))(?::(\d{1,5}))?\s*$/.exec(text)
  const address = found?.[1] ?? found?.[2]
  if (address === undefined || (isIP(address) === 0 && !/^[A-Za-z0-9.-]+$/.test(address))) return null
  return { address, port: found?.[3] ?? null }
}
