import type { Seen } from '../../suites/observation.ts'
import { kind, type LaterTcpPorts } from '../../suites/observations/later-tcp-ports.ts'
import { kind as tcpPorts, portsOpen } from '../../suites/observations/tcp-ports.ts'
import { ALL_PORTS } from '../../suites/facts/port-ranges.ts'
import { addressesOf, endpointOf } from '../../suites/subject.ts'
import { forEachOf } from '../instruments/greeting.ts'
import { openLine } from '../instruments/line.ts'
import { sweepPorts } from '../instruments/port-sweep.ts'
import { defineProbe, type Bench, type Endpoint } from '../probe.ts'
import { askPort } from './services.ts'
import { watchStream } from './streaming.ts'
import { findCanary } from './tcp-ports.ts'

const ID = kind.id
/** Who opens a port for a moment has closed it again by then. */
const AGAIN_MS = 5_000
const OPEN_MS = 3_000
const MOST_NEW = 64

/** One more full sweep of TCP ports when all else of the state was done, while a stream is watched. */
export const probe = defineProbe<LaterTcpPorts>({
  id: ID,
  version: '1.0.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  // After updates, reboots and all else that may have opened a port; only what watches ends later.
  order: 90_000,
  states: ['in-service'],
  seconds: (statement) =>
    addressesOf(statement).length * (Math.ceil(ALL_PORTS / (statement.budgets?.attemptsPerSecond ?? 500)) + 5),
  async run(bench, subject): Promise<Seen<LaterTcpPorts>> {
    const { family } = endpointOf(subject)
    const unanswered = (key: string, values: Record<string, string>): Seen<LaterTcpPorts> => ({
      answered: false,
      cause: 'lab',
      why: { code: `${ID}.${key}`, values },
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
    const earlier = bench.seen(tcpPorts).find((o) => o.subject === subject)?.value
    const before = new Set([...declared, ...foreign, ...(earlier ? portsOpen(earlier) : [])])
    const control = await findCanary(bench, to, source, [...declared, ...(earlier ? portsOpen(earlier) : [])])
    const stream = await watchStream(bench, family)
    try {
      const result = await sweepPorts(bench, {
        to,
        source,
        canary: control.canary,
        open: before,
        among: bench.ports,
        rttMs: control.rtt / 1000,
        progress: (done, of) => bench.progress({ code: `${ID}.sweeping`, values: { subject, done, of } }),
      })
      if ('cancelled' in result) return unanswered('cancelled', { subject })
      if ('fault' in result) return unanswered('lab-fault', { subject, code: result.fault })
      const fresh = result.sweep.open.map((o) => o.port).filter((p) => !before.has(p))
      const value: LaterTcpPorts = {
        address: to.address,
        family,
        sourceAddress: source ?? '-',
        rtt: control.canary === null ? null : control.rtt,
        baseline: baseline && { at: baseline.at, ports: [...baseline.ports] },
        stream: null,
        sweep: result.sweep,
        ...(await askedAgain(bench, to, fresh.slice(0, MOST_NEW))),
      }
      value.stream = await stream.end()
      if (bench.signal.aborted) return unanswered('cancelled', { subject })
      return { answered: true, value, controls: [], artifacts: [] }
    } finally {
      await stream.end()
    }
  },
})

/** What had not been open before: whether it still is after a while, and what it speaks. */
async function askedAgain(
  bench: Bench,
  to: Endpoint,
  ports: readonly number[],
): Promise<Pick<LaterTcpPorts, 'again' | 'services'>> {
  const again: LaterTcpPorts['again'] = []
  const services: LaterTcpPorts['services'] = []
  if (ports.length === 0) return { again, services }
  await bench.wait(AGAIN_MS, { code: `${ID}.again`, values: { count: ports.length } })
  await forEachOf(ports, Math.min(2, bench.budgets.connections), async (port) => {
    if (bench.signal.aborted) return
    const at = bench.now()
    const opened = await openLine(bench, { ...to, port }, { milliseconds: OPEN_MS })
    const open = 'line' in opened
    if (open) opened.line.close()
    again.push({ port, at, open })
    if (open) services.push(await askPort(bench, { ...to, port }, null))
  })
  const byPort = (a: { port: number }, b: { port: number }): number => a.port - b.port
  return { again: again.sort(byPort), services: services.sort(byPort) }
}
