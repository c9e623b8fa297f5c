import type { BenchRecord } from '../reports/report.ts'
import type { Range } from '../suites/facts/port-ranges.ts'
import type { Message, ObjectRef, ObservationKind, Seen, State, Disclosure } from '../suites/observation.ts'
import type { Action, Family, Sample, Session, Statement } from '../suites/statement.ts'
import type { Look, PowerCycle } from '../suites/observations/power.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import type { NtpServer } from './services/ntp.ts'

/** P passive, R read-only, W writes then restores, D disruptive (rule 15). */
export type Tier = 'P' | 'R' | 'W' | 'D'
/** How a probe may overlap with others: offline freely, gentle within the budgets, disruptive alone. */
export type Grade = 'offline' | 'gentle' | 'disruptive'

/** Makes observations of one kind. It states what it saw, never what it means (rule 4). */
export interface Probe<T = unknown> {
  id: string
  version: string
  kind: ObservationKind<T>
  tier: Tier
  grade: Grade
  /** Within its grade: what may set off a ban after what does not, lock-outs before updates before resets. */
  order: number
  states: readonly State[]
  /** Gentle, never fails a log-in, and mostly waits: two of its subjects can be observed at once. */
  sideBySide?: true
  /** It fails log-ins on purpose, which a device may count by the lab's address: at most so many, or `true` for more. */
  failsLogins?: true | number | ((statement: Statement) => true | number)
  /** What it changes for good, printed in the plan; absent where it leaves everything as it was. */
  leaves?: Message
  /** Seconds it will take on this statement, for the plan and the progress line. */
  seconds(statement: Statement): number
  /**
   * Begins to watch before the other steps of a state, which then run meanwhile; its end takes the place of `run`. `before`:
   * how many observations of the state were made without it.
   */
  watch?(bench: Bench, subject: string, before: number): Promise<Watch<T>>
  /** One subject. Never throws for what a device does; `unanswered` with its cause instead. */
  run(bench: Bench, subject: string): Promise<Seen<T>>
}

/** Something that is being watched. */
export interface Watch<T = unknown> {
  end(bench: Bench): Promise<Seen<T>>
  /** Lets go of everything at once; also after `end`. */
  stop(): void
}

export const defineProbe = <T>(probe: Probe<T>): Probe<T> => probe

/** Where a connection goes. Always inside the scope of the sample (rule 15). */
export interface Endpoint {
  family: Family
  address: string
  port: number
  tls: boolean
  /** TLS is asked for in this protocol first (FTP: RFC 4217 section 4). */
  startTls?: 'ftp'
  /** How one logs in at the service that is declared here, where that is by a form. */
  session?: Session
}

/** A user name with its secret; `secret` is its name in evidence, `published` marks values that are no secrets. */
export interface Credential {
  user: string
  password: string
  secret: string
  published: boolean
}

/**
 * The body of a request: bytes at hand, or a stream of known length for what is too big to hold. `isCut`: the stream ends
 * before that length, and the lab then cuts the connection.
 */
export type Body = Uint8Array | { length: number; chunks(): AsyncIterable<Uint8Array>; isCut?: true }

/** What must be done to take a change back, as data: it survives a crash and is carried out by `resume`. */
export interface Undo {
  action: Action
  /** Placeholder values; `secret:NAME` stands for a secret of the run. */
  values: Record<string, string>
}

/** A receiver of syslog messages at the lab (RFC 5426, 6587, 5425). */
export interface SyslogReceiver {
  port: number
  /** Datagrams or frames received since a mark, in order; bytes as they came. */
  since(mark: number): { at: number; from: string; bytes: Uint8Array }[]
  /** The present end of the record list. */
  mark(): number
  close(): Promise<void>
}

/** All that a probe may touch. */
export interface Bench {
  statement: Statement
  sample: Sample
  state: State
  /** Aborted when the run is cancelled; long waits listen to it. */
  signal: AbortSignal
  /** Microseconds since the epoch, monotonic within the run. */
  now(): number
  /** Waits, showing until when; resolves early (false) when the run is cancelled. */
  wait(milliseconds: number, about: Message): Promise<boolean>
  progress(about: Message): void
  endpoint(family: Family, port: number, tls: boolean): Endpoint | null
  /** Addresses of the lab to connect from; the second one where the bench has it. */
  sources(family: Family): string[]
  /** Takes a place in the budget of established connections; the result gives it back. */
  connection(): Promise<() => void>
  /** Takes a place in the budget of new attempts per second. */
  attempt(): Promise<void>
  /** Most new attempts per second and connections at once. */
  budgets: { connections: number; attemptsPerSecond: number }
  credential(account: string): Credential
  /** A new random secret that is on no list, stored sealed before it is used. */
  freshSecret(name: string): Promise<Credential>
  /** Replaces every secret in every encoding by a token of the same length (rule 12). */
  redact(bytes: Uint8Array): Uint8Array
  catalogue(name: string): unknown
  /** How packets are captured, where the bench record says it. */
  capture: BenchRecord['capture'] | null
  /** The lab's address on the Internet, where the bench record says one. */
  outside: string | null
  /** The TCP ports that a rehearsal sweeps beside the declared ones; null: all of them. */
  ports: readonly Range[] | null
  /** Ports that answered at the device's address before the device was there (loopback benches). */
  baseline(family: Family): { at: number; ports: number[]; udpPorts?: number[] } | null
  store(bytes: Uint8Array, about: { name: string; mediaType: string; disclosure: Disclosure }): Promise<ObjectRef>
  /** Whether a picture of this name is still wanted beside the observation that is being made: few are. */
  wantsPicture(name: string): boolean
  /** Keeps a stored object beside the observation that is being made. */
  attach(object: ObjectRef): void
  /** What the lab would need to make this observation, and does not have: it is then unanswered, cause: lab. */
  lack(what: Message): void
  /**
   * Carries out an action of the statement, logged in as its account or as somebody else. `upload` takes the place of
   * `{{package}}` in its body.
   */
  perform(action: Action, values: Record<string, string>, upload?: Body, as?: Credential): Promise<Exchange>
  /** Who switches the device's power on this bench; null where nobody does. */
  power: PowerCycle['by'] | null
  /** Cuts the power and gives it back; null where it was not done. */
  cyclePower(): Promise<PowerCycle | null>
  /** Looks at the device and the lab's way to it below and beside its services. */
  look(): Promise<Look>
  /** The maker's tool makes a variant of a package file; null where the bench has none or it failed. */
  signVariant(variant: string, file: string): Promise<Uint8Array | null>
  /** Journals the intent and its undo, then runs `apply`; undone after the run, or by `resume` (states, time, resume). */
  change(id: string, about: Message, undo: Undo | null, apply: () => Promise<void>): Promise<void>
  /** Takes one change back now. */
  undo(id: string): Promise<boolean>
  /** A time server of the lab at its address of a family. */
  ntp(port: number, family: Family): Promise<NtpServer>
  /** A receiver of the lab; over TLS with this key and certificate (PEM), or one made now. */
  syslog(
    protocol: 'syslog-udp' | 'syslog-tcp' | 'syslog-tls',
    port: number,
    family: Family,
    identity?: { key: string; cert: string },
  ): Promise<SyslogReceiver>
  /** Directory that relative paths of the statement start from. */
  resolve(path: string): string
  /** Answered values of another kind already observed in this state. */
  seen<T>(kind: ObservationKind<T>): { subject: string; value: T }[]
}
