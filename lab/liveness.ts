import type { Sample } from '../suites/statement.ts'
import type { Bench } from './probe.ts'
import { openLine } from './instruments/line.ts'
import { sleep } from './bench.ts'

/** Whether any declared TCP service accepts a connection. */
export async function isAlive(bench: Bench): Promise<boolean> {
  for (const { family, port } of doors(bench)) {
    const endpoint = bench.endpoint(family, port, false)
    const opened = endpoint ? await openLine(bench, endpoint, { milliseconds: 2000 }) : null
    if (opened && 'line' in opened) {
      opened.line.close()
      return true
    }
  }
  return false
}

/** Gives a rebooting device its declared time; afterwards it counts as absent. Bounded, and quick once it was absent. */
export async function waitUntilAlive(bench: Bench): Promise<{ alive: boolean; address: string; ports: string }> {
  const longest = Math.max(30, ...bench.statement.updates.map((u) => u.bootSeconds))
  const seconds = absent.has(bench.sample) ? 2 : longest
  const end = bench.now() + seconds * 1e6
  let alive = await isAlive(bench)
  while (!alive && bench.now() < end && !bench.signal.aborted) {
    await sleep(500, bench.signal)
    alive = await isAlive(bench)
  }
  if (alive) absent.delete(bench.sample)
  else absent.add(bench.sample)
  const tried = doors(bench)
  return { alive, address: bench.sample.addresses.ipv4 ?? bench.sample.addresses.ipv6 ?? '', ports: tried.map((d) => d.port).join(', ') }
}

const absent = new WeakSet<Sample>()

const doors = (bench: Bench) =>
  bench.statement.services
    .filter((s) => s.transport === 'tcp')
    .flatMap((s) => s.families.filter((f) => bench.sample.addresses[f] !== null).map((family) => ({ family, port: s.port })))
    .slice(0, 6)
