import { ALL_PORTS } from '../../suites/facts/port-ranges.ts'
import type { Seen } from '../../suites/observation.ts'
import { kind, type Sweep, type TcpPorts } from '../../suites/observations/tcp-ports.ts'
import { addressesOf, endpointOf } from '../../suites/subject.ts'
import { createDialer } from '../instruments/dialer.ts'
import { forEachOf, hearGreeting } from '../instruments/greeting.ts'
import { sweepPorts } from '../instruments/port-sweep.ts'
import { defineProbe, type Bench, type Endpoint } from '../probe.ts'

const GREETING_MS = 1000
/** A device on which everything is open is not listened to port by port. */
const MOST_GREETINGS = 64
const CANARY_MS = 3000

/** Two full sweeps of TCP ports 1-65535 of one address by ordinary connections. */
export const probe = defineProbe<TcpPorts>({
  id: 'tcp-ports',
  version: '1.0.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 0,
  states: ['factory-fresh', 'in-service'],
  seconds: (statement) =>
    addressesOf(statement).length * (Math.ceil((2 * ALL_PORTS) / (statement.budgets?.attemptsPerSecond ?? 500)) + 10),
  async run(bench, subject): Promise<Seen<TcpPorts>> {
    const { family } = endpointOf(subject)
    const unanswered = (key: string, values: Record<string, string>, partial?: unknown): Seen<TcpPorts> => ({
      answered: false,
      cause: 'lab',
      why: { code: `tcp-ports.${key}`, values },
      ...(partial === undefined ? {} : { partial }),
      artifacts: [],
    })
    const to = bench.endpoint(family, 1, false)
    if (!to) return unanswered('no-address', { subject })
    const source = bench.sources(family)[0]
    const baseline = bench.baseline(family)
    const foreign = new Set(baseline?.ports ?? [])
    const declared = bench.statement.services
      .filter((s) => s.transport === 'tcp' && s.families.includes(family) && !foreign.has(s.port))
      .map((s) => s.port)
    let control = await findCanary(bench, to, source, declared)
    const sweeps: Sweep[] = []
    const listenedTo = new Set<number>()
    while (sweeps.length < 2) {
      const number = sweeps.length + 1
      const result = await sweepPorts(bench, {
        to,
        source,
        canary: control.canary,
        open: new Set([...declared, ...sweeps.flatMap((s) => s.open.map((o) => o.port))]),
        among: bench.ports,
        rttMs: control.rtt / 1000,
        progress: (done, of) =>
          bench.progress({ code: 'tcp-ports.sweeping', values: { subject, sweep: number, done, of } }),
      })
      if ('cancelled' in result) return unanswered('cancelled', { subject }, sweeps)
      if ('fault' in result) return unanswered('lab-fault', { subject, code: result.fault }, sweeps)
      const open = result.sweep.open.filter((o) => !foreign.has(o.port))
      // Nothing declared answered: with a port found open as canary both sweeps can be controlled.
      if (control.canary === null && sweeps.length === 0 && open.length > 0) {
        control = await findCanary(
          bench,
          to,
          source,
          open.map((o) => o.port),
        )
        if (control.canary !== null) continue
      }
      const unheard = open.slice(0, MOST_GREETINGS).filter(({ port }) => !listenedTo.has(port))
      await forEachOf(unheard, bench.budgets.connections, async (entry) => {
        const heard = await hearGreeting(bench, { ...to, port: entry.port }, GREETING_MS)
        entry.greeting = Buffer.from(heard).toString('base64')
        listenedTo.add(entry.port)
      })
      sweeps.push(result.sweep)
    }
    const value: TcpPorts = {
      address: to.address,
      family,
      sourceAddress: source ?? '-',
      rtt: control.canary === null ? null : control.rtt,
      baseline: baseline && { at: baseline.at, ports: [...baseline.ports] },
      sweeps,
    }
    return { answered: true, value, controls: [], artifacts: [] }
  },
})

export interface Canary {
  canary: number | null
  rtt: number
}

/** The first port that accepts a connection, and the shortest of three connection times in microseconds. */
export async function findCanary(
  bench: Bench,
  to: Endpoint,
  source: string | undefined,
  ports: readonly number[],
): Promise<Canary> {
  const dialer = createDialer({ address: to.address, source, rttMs: 0, leastMs: CANARY_MS })
  const connect = async (port: number): Promise<number | null> => {
    const release = await bench.connection()
    await bench.attempt()
    const outcome = await new Promise<{ is: string; elapsed: number }>((resolve) => dialer.dial(port, resolve))
    release()
    return outcome.is === 'open' ? outcome.elapsed : null
  }
  try {
    for (const port of ports.slice(0, 32)) {
      if (bench.signal.aborted) break
      const times = [await connect(port), await connect(port), await connect(port)].filter((t) => t !== null)
      if (times.length === 3) return { canary: port, rtt: Math.min(...times) }
    }
    return { canary: null, rtt: 0 }
  } finally {
    dialer.stop()
  }
}
