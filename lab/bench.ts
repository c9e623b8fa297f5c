import { isAbsolute, resolve } from 'node:path'
import type { Range } from '../suites/facts/port-ranges.ts'
import type { Message, ObjectRef, ObservationKind, State } from '../suites/observation.ts'
import type { Family, Sample, Statement } from '../suites/statement.ts'
import type { Catalogue } from '../suites/regulation.ts'
import type { BenchRecord } from '../reports/report.ts'
import type { RunDirectory } from '../reports/run-directory.ts'
import { perform } from './actions.ts'
import { pace, places } from './budget.ts'
import type { Changes } from './changes.ts'
import type { Hooks } from './hooks.ts'
import { lookAt } from './look.ts'
import type { Power } from './power.ts'
import type { Bench } from './probe.ts'
import type { OnProgress } from './progress.ts'
import { makeRedactor } from './redact.ts'
import type { Secrets } from './secrets.ts'
import { startNtp } from './services/ntp.ts'
import { startSyslog } from './services/syslog.ts'
import { signVariant } from './sign-variant.ts'

export interface BenchOptions {
  statement: Statement
  sample: Sample
  catalogues: readonly Catalogue[]
  secrets: Secrets
  run: RunDirectory
  changes: Changes
  hooks: Hooks
  power: Power | null
  /** The benches of every sample. */
  all: ReadonlyMap<string, RunBench>
  sources: Record<Family, string[]>
  budgets: { connections: number; attemptsPerSecond: number }
  capture: BenchRecord['capture'] | null
  outside: string | null
  ports: readonly Range[] | null
  baseline: Partial<Record<Family, { at: number; ports: number[]; udpPorts?: number[] }>>
  /** Directory of the statement file. */
  directory: string
  signal: AbortSignal
  now: () => number
  onProgress: OnProgress
  seen: <T>(kind: ObservationKind<T>, state: State) => { subject: string; value: T }[]
}

/** A bench with the time that was spent in declared waiting, for the report's picture of the time. */
export interface RunBench extends Bench {
  state: State
  waited(): number
  /** Connections begun so far, in all of the run. */
  opened(): number
  /** The same bench for work that can be cut short by itself: one step, or taking a change back. */
  within(signal: AbortSignal): RunBench
  /** What was attached and what was lacking since this bench was made. */
  noted(): { artifacts: ObjectRef[]; lack: Message | null }
}

/** Pictures beside one observation. */
const MOST_PICTURES = 3

export function makeBench(o: BenchOptions): RunBench {
  const connection = places(o.budgets.connections)
  const paced = pace(o.budgets.attemptsPerSecond)
  let opened = 0
  const attempt: typeof paced = (...args) => {
    opened++
    return paced(...args)
  }
  const redact = makeRedactor(() => o.secrets.all())
  let waited = 0
  const labAddress = (family: Family) => o.sources[family][0] ?? (family === 'ipv4' ? '127.0.0.1' : '::1')
  const within = (signal: AbortSignal, state: State): RunBench => {
    const artifacts: ObjectRef[] = []
    const pictures = new Set<string>()
    let lack: Message | null = null
    const bench: RunBench = {
      statement: o.statement,
      sample: o.sample,
      state,
      signal,
      now: o.now,
      budgets: o.budgets,
      connection,
      attempt,
      redact,
      waited: () => waited,
      opened: () => opened,
      within: (other) => within(other, bench.state),
      progress: (about) => o.onProgress({ event: 'doing', about }),
      async wait(milliseconds, about) {
        const start = o.now()
        o.onProgress({ event: 'waiting', about, until: start + Math.round(milliseconds * 1000) })
        const finished = await sleep(milliseconds, signal)
        waited += o.now() - start
        return finished
      },
      endpoint(family, port, tls) {
        const address = o.sample.addresses[family]
        const session = o.statement.services.find((s) => s.transport === 'tcp' && s.port === port)?.session
        return address === null ? null : { family, address, port, tls, ...(session ? { session } : {}) }
      },
      sources: (family) => o.sources[family],
      credential: (account) => o.secrets.credential(account, o.sample.id),
      freshSecret: (name) => Promise.resolve(o.secrets.fresh(name, name)),
      catalogue(name) {
        const found = o.catalogues.find((c) => c.id === name)
        return found ? found.data : null
      },
      capture: o.capture,
      outside: o.outside,
      ports: o.ports,
      baseline: (family) => o.baseline[family] ?? null,
      store: (bytes, about) => Promise.resolve(o.run.store(redact(bytes), about)),
      perform: (action, values, upload, as) => perform(bench, action, values, upload, as),
      wantsPicture(name) {
        const isWanted = pictures.size < MOST_PICTURES && !pictures.has(name)
        if (isWanted) pictures.add(name)
        return isWanted
      },
      attach: (object) => void artifacts.push(object),
      lack: (what) => void (lack ??= what),
      noted: () => ({ artifacts: [...artifacts], lack }),
      async change(id, about: Message, undo, apply) {
        // Who was cut short changes nothing any more: it might come after everything was taken back.
        if (signal.aborted) return
        o.onProgress({ event: 'change', id, outcome: 'made' })
        await o.changes.make(id, about, undo && { ...undo, sample: o.sample.id }, apply)
      },
      undo: (id) => o.changes.undo(id),
      power: o.power?.by ?? null,
      cyclePower: () => o.power?.cycle(bench) ?? Promise.resolve(null),
      look: () => lookAt(bench, o.power, [...o.all.values()]),
      signVariant: (variant, file) => signVariant(o.hooks, o.sample, variant, file),
      async ntp(port, family) {
        const started = await startNtp({ address: labAddress(family), port, now: o.now })
        if ('failure' in started) throw new ReceiverFault(started.failure.detail)
        return started.server
      },
      async syslog(protocol, port, family, identity) {
        const address = labAddress(family)
        const started = await startSyslog({ protocol, address, port, now: o.now, ...(identity ? { identity } : {}) })
        if ('failure' in started) throw new ReceiverFault(started.failure.detail)
        return started.receiver
      },
      resolve: (path) => (isAbsolute(path) ? path : resolve(o.directory, path)),
      seen: (kind) => o.seen(kind, bench.state),
    }
    return bench
  }
  return within(o.signal, 'in-service')
}

/** A receiver that could not be started is the lab's fault. */
export class ReceiverFault extends Error {}

/** Sleeps; false when it was cut short. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false)
    const stop = () => {
      clearTimeout(timer)
      resolve(false)
    }
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', stop)
        resolve(true)
      },
      Math.max(0, milliseconds),
    )
    signal.addEventListener('abort', stop, { once: true })
  })
}

/** Microseconds since the epoch that never run backwards: the wall clock at start plus the monotonic clock. */
export function startClock(): () => number {
  const wall = Date.now() * 1000
  const monotonic = process.hrtime.bigint()
  return () => wall + Number((process.hrtime.bigint() - monotonic) / 1000n)
}
