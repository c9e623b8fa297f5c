import { readFileSync } from 'node:fs'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { ALL_PORTS, holds, rangesOf, type Range } from '../../suites/facts/port-ranges.ts'
import type { Sweep } from '../../suites/observations/tcp-ports.ts'
import type { Bench, Endpoint } from '../probe.ts'
import { createDialer, type Dialer, type Outcome } from './dialer.ts'

/** Ports between two canaries. */
const WINDOW = 500
const MOST_IN_FLIGHT = 5000
const LEAST_IN_FLIGHT = 16
/** Faults of the lab in a row, without one answer, after which the sweep gives up. */
const MOST_FAULTS = 300
const MOST_FAULTS_OF_A_PORT = 5
const TRIES = 2
/** A network that loses a packet now and then voids single windows: so few ports are asked more often. */
const FEW_PORTS = 1500
const TRIES_OF_FEW = 4

export interface SweepOptions {
  to: Pick<Endpoint, 'family' | 'address'>
  source: string | undefined
  canary: number | null
  /** Ports that are likely to accept: asked within the budget of connections. Of others nobody knows before they accept. */
  open: ReadonlySet<number>
  /** Asked beside those; all where nothing is said. */
  among?: readonly Range[] | null
  rttMs: number
  /** Ports asked so far in the present walk, of how many. */
  progress(done: number, of: number): void
}

/** The greetings are not yet heard: null. */
export type SweepResult = { sweep: Sweep } | { fault: string } | { cancelled: true }

/** Codes that are an answer of the network and not a fault of the lab. */
const FROM_THE_NETWORK = new Set(['EHOSTUNREACH', 'ECONNRESET', 'ECONNABORTED', 'EPROTO', 'EHOSTDOWN'])

/**
 * One sweep of all TCP ports, or of some. A negative counts only in a window between two canaries that answered (rule 1);
 * windows with a missed canary are asked once more, slower, single ones oftener, then voided. A silent port is asked twice.
 */
export async function sweepPorts(bench: Bench, options: SweepOptions): Promise<SweepResult> {
  const startedAt = bench.now()
  // A refusal is an Error in Node; writing its stack trace costs a third of the sweep.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  const dialer = createDialer({ address: options.to.address, source: options.source, rttMs: options.rttMs })
  const walker = createWalker(bench, dialer, options)
  try {
    const state = createState()
    for (let pending = wanted(options); pending.length > 0; pending = state.pending(pending)) {
      state.mayMiss(pending.length <= FEW_PORTS ? TRIES_OF_FEW : TRIES)
      const walked = await walker.walk(pending, state)
      if (walked !== 'done') return walked === 'cancelled' ? { cancelled: true } : { fault: walked.fault }
    }
    const { asked, missed } = walker.canaries()
    const sweep: Sweep = {
      startedAt,
      endedAt: bench.now(),
      inFlight: walker.most(),
      timeoutMs: dialer.longest(),
      ...state.results(),
      canary: { port: options.canary, asked, missed },
      attempts: walker.attempts(),
    }
    return { sweep }
  } finally {
    dialer.stop()
    Error.stackTraceLimit = stackTraceLimit
  }
}

const wanted = ({ among = null, open }: SweepOptions): number[] =>
  among === null ? allPorts() : allPorts().filter((p) => open.has(p) || holds(among, p))
const allPorts = (): number[] => Array.from({ length: ALL_PORTS }, (_, i) => i + 1)

type PortState = ReturnType<typeof createState>

/** What is known of each port, and which are still to be asked. Every walk brings each of them nearer to a decision. */
function createState() {
  const PENDING = 0,
    OPEN = 1,
    REFUSED = 2,
    SILENT = 3,
    ERROR = 4,
    VOID = 5
  const decided = new Uint8Array(ALL_PORTS + 1)
  const silences = new Uint8Array(ALL_PORTS + 1)
  const misses = new Uint8Array(ALL_PORTS + 1)
  const faults = new Uint8Array(ALL_PORTS + 1)
  const codes = new Map<number, string>()
  const open = new Map<number, number>()
  let selfConnects = 0
  let mostMisses = TRIES
  const fault = (port: number, code: string) => {
    faults[port] = (faults[port] ?? 0) + 1
    if ((faults[port] ?? 0) < MOST_FAULTS_OF_A_PORT) return
    decided[port] = ERROR
    codes.set(port, code)
  }
  const quiet = (port: number, verdict: number, code?: string) => {
    silences[port] = (silences[port] ?? 0) + 1
    if ((silences[port] ?? 0) < TRIES) return
    decided[port] = verdict
    if (code) codes.set(port, code)
  }
  const portsWhere = (verdict: number) => allPorts().filter((p) => decided[p] === verdict)
  return {
    /** Takes in the outcome of one port; `controlled`: the canaries before and after it answered. */
    take(port: number, outcome: Outcome, controlled: boolean): void {
      if (outcome.is === 'open') {
        decided[port] = OPEN
        if (!open.has(port)) open.set(port, outcome.elapsed)
      } else if (outcome.is === 'self') {
        selfConnects++
        fault(port, 'self-connect')
      } else if (outcome.is === 'error' && !FROM_THE_NETWORK.has(outcome.code)) fault(port, outcome.code)
      else if (!controlled) {
        misses[port] = (misses[port] ?? 0) + 1
        if ((misses[port] ?? 0) >= mostMisses) decided[port] = VOID
      } else if (outcome.is === 'refused') decided[port] = REFUSED
      else quiet(port, outcome.is === 'silent' ? SILENT : ERROR, outcome.is === 'error' ? outcome.code : undefined)
    },
    /** After how many walks without controls a port of the next one is given up. */
    mayMiss: (most: number) => void (mostMisses = most),
    pending: (among: readonly number[]) => among.filter((p) => decided[p] === PENDING),
    results: () => ({
      open: [...open].map(([port, elapsed]) => ({ port, elapsed, greeting: null })).sort((a, b) => a.port - b.port),
      refused: rangesOf(portsWhere(REFUSED)),
      silent: rangesOf(portsWhere(SILENT)),
      errors: codeRanges(portsWhere(ERROR), codes),
      voided: rangesOf(portsWhere(VOID)),
      selfConnects,
    }),
  }
}

function codeRanges(ports: readonly number[], codes: ReadonlyMap<number, string>): Sweep['errors'] {
  const errors: Sweep['errors'] = []
  for (const port of ports) {
    const code = codes.get(port) ?? 'unknown'
    const last = errors.at(-1)
    if (last?.code === code && last.to === port - 1) last.to = port
    else errors.push({ from: port, to: port, code })
  }
  return errors
}

function createWalker(bench: Bench, dialer: Dialer, { canary, open, progress }: SweepOptions) {
  const most = Math.max(
    LEAST_IN_FLIGHT,
    Math.min(MOST_IN_FLIGHT, bench.budgets.attemptsPerSecond, Math.floor(openFilesLimit() / 2)),
  )
  let limit = most
  let attempts = 0
  let asked = 0
  let missed = 0
  let faultsInARow = 0
  let fault = ''
  let wake: () => void = () => undefined
  const settled = (outcome: Outcome) => {
    if (outcome.is === 'error' && !FROM_THE_NETWORK.has(outcome.code)) {
      limit = Math.max(LEAST_IN_FLIGHT, limit / 2)
      faultsInARow++
      fault = outcome.code
    } else {
      limit = Math.min(most, limit + 0.1)
      if (outcome.is !== 'silent') faultsInARow = 0
    }
    wake()
  }
  const roomFor = async (count: number) => {
    while (dialer.inFlight() >= count && !bench.signal.aborted) await new Promise<void>((resolve) => (wake = resolve))
  }
  const dial = async (port: number, done: (outcome: Outcome) => void) => {
    await roomFor(limit)
    await bench.attempt()
    attempts++
    dialer.dial(port, (outcome) => {
      done(outcome)
      settled(outcome)
    })
  }
  /** What accepts is closed at once, but until then it is a connection, of which a device may bear one only. */
  const dialOpen = async (port: number, done: (outcome: Outcome) => void) => {
    const release = await bench.connection()
    await dial(port, (outcome) => {
      release()
      done(outcome)
    })
  }
  const askCanary = async (port: number, note: (hit: boolean) => void) => {
    asked++
    await dialOpen(port, (outcome) => {
      if (outcome.is !== 'open') missed++
      note(outcome.is === 'open')
    })
  }
  return {
    /** Asks every port once, in windows with a canary before and after each. */
    async walk(ports: readonly number[], state: PortState): Promise<'done' | 'cancelled' | { fault: string }> {
      const outcomes: Outcome[] = []
      const hits: boolean[] = []
      for (let i = 0; i < ports.length; i++) {
        if (canary !== null && i % WINDOW === 0) await askCanary(canary, (hit) => (hits[i / WINDOW] = hit))
        const port = ports[i] ?? 0
        await (open.has(port) ? dialOpen : dial)(port, (outcome) => (outcomes[i] = outcome))
        if (i % 64 === 0) await turn()
        if (i % 4096 === 0) progress(i, ports.length)
        if (bench.signal.aborted) return 'cancelled'
        if (faultsInARow >= MOST_FAULTS) return { fault }
      }
      await roomFor(1)
      const windows = Math.ceil(ports.length / WINDOW)
      if (canary !== null) await askCanary(canary, (hit) => (hits[windows] = hit))
      await roomFor(1)
      if (bench.signal.aborted) return 'cancelled'
      let anyMissed = false
      ports.forEach((port, i) => {
        const window = Math.floor(i / WINDOW)
        const controlled = canary === null || (hits[window] === true && hits[window + 1] === true)
        anyMissed ||= !controlled
        state.take(port, outcomes[i] ?? { is: 'error', code: 'not-asked', elapsed: 0 }, controlled)
      })
      if (anyMissed) {
        limit = Math.max(LEAST_IN_FLIGHT, limit / 4)
        await delay(1000)
      }
      return 'done'
    },
    most: () => most,
    attempts: () => attempts,
    canaries: () => ({ asked, missed }),
  }
}

/** Most files this process may have open; a cautious guess where the system does not say. */
function openFilesLimit(): number {
  try {
    return Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1] ?? 1024)
  } catch {
    return 1024
  }
}
