import { spawn } from 'node:child_process'
import type { Look } from '../suites/observations/power.ts'
import { FAMILIES, type Family } from '../suites/statement.ts'
import { sleep, type RunBench } from './bench.ts'
import { openLine } from './instruments/line.ts'
import { isAlive } from './liveness.ts'
import type { Power } from './power.ts'

/** The kernel asks again five seconds after an unconfirmed use, three times (Linux, neighbour tables). */
const LONGEST_S = 15
const MOST_SOURCES = 2
const MOST_TWINS = 4
const MOST_OUTPUT = 65_536

type Neighbour = Look['neighbour']

/** Looks at the device and at the lab's way to it, below and beside its services. */
export async function lookAt(bench: RunBench, power: Power | null, twins: readonly RunBench[]): Promise<Look> {
  const at = bench.now()
  const families = FAMILIES.filter((f) => bench.sample.addresses[f] !== null)
  const sources = families.flatMap((family) =>
    bench
      .sources(family)
      .slice(0, MOST_SOURCES)
      .map((source) => ({ family, source })),
  )
  const doors = []
  for (const { family, source } of sources) doors.push({ source, open: await isOpen(bench, family, source) })
  const neighbour = await neighbourOf(
    bench,
    at,
    doors.some((d) => d.open),
  )
  const others = twins.filter((t) => t.sample.id !== bench.sample.id).slice(0, MOST_TWINS)
  const answering = await Promise.all(
    others.map(async (t) => ({ sample: t.sample.id, answers: await isAlive(t.within(bench.signal)) })),
  )
  return { at, doors, port: power ? await power.port() : null, neighbour, twins: answering }
}

/** Any declared door of a family, from one lab address. */
async function isOpen(bench: RunBench, family: Family, source: string): Promise<boolean> {
  const ports = bench.statement.services.filter((s) => s.transport === 'tcp' && s.families.includes(family))
  for (const { port } of ports.slice(0, 6)) {
    const endpoint = bench.endpoint(family, port, false)
    const opened = endpoint ? await openLine(bench, endpoint, { milliseconds: 2000, source }) : null
    if (!opened || !('line' in opened)) continue
    opened.line.close()
    return true
  }
  return false
}

/** Whether the device's link layer answers questions asked since `from`; a used entry is asked for again by the kernel. */
async function neighbourOf(bench: RunBench, from: number, isOpenNow: boolean): Promise<Neighbour> {
  const address = bench.sample.addresses.ipv4 ?? bench.sample.addresses.ipv6
  const family: Family = bench.sample.addresses.ipv4 === null ? 'ipv6' : 'ipv4'
  const end = bench.now() + LONGEST_S * 1e6
  let last: Neighbour = { state: 'unknown', mac: null }
  if (address === null) return last
  for (;;) {
    const entry = entryOf(await output('ip', ['-s', '-j', 'neigh', 'show', 'to', address.split('%')[0] ?? '']))
    last = { state: stateOf(entry, Math.floor((bench.now() - from) / 1e6), isOpenNow), mac: entry?.lladdr ?? null }
    if (last.state !== 'unknown' || entry === null || bench.now() >= end || bench.signal.aborted) return last
    await knock(bench, family)
    // A question that nobody answers is given up after three seconds.
    await sleep(1500, bench.signal)
  }
}

/** A SYN on its way makes the kernel ask. */
async function knock(bench: RunBench, family: Family): Promise<void> {
  const port = bench.statement.services.find((s) => s.transport === 'tcp' && s.families.includes(family))?.port
  const endpoint = port === undefined ? null : bench.endpoint(family, port, false)
  const opened = endpoint ? await openLine(bench, endpoint, { milliseconds: 2000 }) : null
  if (opened && 'line' in opened) opened.line.close()
}

interface Entry {
  lladdr: string | null
  states: string[]
  /** Seconds since the neighbour was last confirmed. */
  confirmed: number | null
}

/** Confirmed since the look began, or asked in vain. With an open door the confirmation may be a little older. */
function stateOf(entry: Entry | null, elapsed: number, isOpenNow: boolean): Neighbour['state'] {
  if (entry === null) return 'unknown'
  if (entry.states.includes('FAILED')) return 'silent'
  if (entry.lladdr === null || entry.confirmed === null) return 'unknown'
  return entry.confirmed < elapsed + (isOpenNow ? 2 : 0) ? 'answers' : 'unknown'
}

/** The one entry that `ip -s -j neigh` lists; null for none and for what cannot be read. */
export function entryOf(text: string): Entry | null {
  let rows: unknown
  try {
    rows = JSON.parse(text) as unknown
  } catch {
    return null
  }
  const row = Array.isArray(rows) && rows.length === 1 ? (rows[0] as Record<string, unknown> | null) : null
  if (typeof row !== 'object' || row === null) return null
  const { lladdr, state, confirmed } = row
  return {
    lladdr: typeof lladdr === 'string' && /^[0-9a-f:]{17}$/.test(lladdr) ? lladdr : null,
    states: Array.isArray(state) ? state.filter((s) => typeof s === 'string') : [],
    confirmed: typeof confirmed === 'number' ? confirmed : null,
  }
}

/** Output of a command of this system; nothing where it is not there. */
const output = (file: string, args: string[]): Promise<string> =>
  new Promise((done) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'], timeout: 3000 })
    let text = ''
    child.stdout.on('data', (d: Buffer) => {
      if (text.length < MOST_OUTPUT) text += d.toString('latin1')
    })
    child.once('error', () => done(''))
    child.once('close', () => done(text))
  })
