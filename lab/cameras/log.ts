import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Behaviour } from './behaviour.ts'
import type { StateStore } from './state.ts'
import type { SyslogTarget } from './options.ts'
import { sendersFrom } from './syslog.ts'

export const EVENTS = [
  'login-failed',
  'login-succeeded',
  'account-locked',
  'set-up-completed',
  'user-added',
  'user-removed',
  'password-changed',
  'setting-changed',
  'log-settings-changed',
  'time-changed',
  'log-exported',
  'log-cleared',
  'update-accepted',
  'update-refused',
  'reboot',
  'started',
  'factory-reset',
] as const
export type LogEvent = (typeof EVENTS)[number]

/** What happened, to whom, from where. Never a secret. */
export interface LogRecord {
  /** ISO 8601, UTC. */
  time: string
  event: LogEvent
  values: Record<string, string>
}

export interface Log {
  /** Newest last. */
  readonly records: readonly LogRecord[]
  /** Stores a record and sends it. */
  write(event: LogEvent, values: Record<string, string>): LogRecord
  /** Sends a stored record once more, to the server of now. */
  forward(record: LogRecord): void
  /** Empties the local log; that it was emptied is its first record. */
  clear(values: Record<string, string>): void
  /** What a restart of the camera does to the local log. */
  restart(): void
  /** Closes the sockets; the next record opens them again. */
  pause(): Promise<void>
}

const MOST = 1000

export interface LogOptions {
  addresses: { ipv4: string; ipv6: string | null }
  store: StateStore
  /** Where records are kept over a restart. */
  directory: string | undefined
  behaviour: Behaviour
}

/** The local log, bounded, and its copy to the syslog server. */
export function openLog({ addresses, store, directory, behaviour }: LogOptions): Log {
  const file = directory === undefined ? null : join(directory, 'log.jsonl')
  const records = file === null ? [] : stored(file)
  if (file !== null) writeFileSync(file, records.map(line).join(''), { mode: 0o600 })
  const senders = sendersFrom(addresses, behaviour, () => store.state.authority)

  const forward = (record: LogRecord): void => {
    const target: SyslogTarget | null = store.state.syslog
    const isSent = behaviour.sendsSyslog && !behaviour.unlogged.includes(record.event)
    if (isSent && target !== null) senders.send(target, record)
  }
  const empty = (): void => {
    records.length = 0
    if (file !== null) writeFileSync(file, '', { mode: 0o600 })
  }
  const write = (event: LogEvent, all: Record<string, string>): LogRecord => {
    const { source, ...others } = all
    const values = source === undefined || behaviour.logsSource ? all : others
    const record = { time: new Date(Date.now() + store.state.clockOffset).toISOString(), event, values }
    if (behaviour.unlogged.includes(event)) return record
    records.push(record)
    if (records.length > MOST) records.shift()
    if (file !== null) appendFileSync(file, line(record))
    forward(record)
    return record
  }
  return {
    records,
    write,
    clear(values) {
      empty()
      write('log-cleared', values)
    },
    restart() {
      if (!behaviour.keepsLogOverReboot) empty()
    },
    forward,
    pause: () => senders.close(),
  }
}

const line = (record: LogRecord): string => `${JSON.stringify(record)}\n`

/** Whole lines only: the last may have been cut off by a power failure. */
function stored(file: string): LogRecord[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1).slice(-MOST)
    return lines.map((text) => JSON.parse(text) as LogRecord)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
