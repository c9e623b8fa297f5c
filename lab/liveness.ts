import type { Family, Sample } from '../suites/statement.ts'
import { declaredOf, endpointOf } from '../suites/subject.ts'
import type { Bench } from './probe.ts'
import { doorState, isOpen } from './instruments/door-state.ts'
import { sleep } from './bench.ts'

/** Most that a ban of the lab's address is waited out. */
const LONGEST_S = 900
/** Bans that are made from a log end some time after their term. */
const LATE_S = 20

/** Where a subject is observed: its own address and port, the port of its log-in's or update's service, or any. */
export interface Place {
  family: Family | null
  port: number | null
}

const ANYWHERE: Place = { family: null, port: null }

export function placeOfSubject(subject: string, { statement, sample }: Bench): Place {
  const { family, port } = endpointOf(subject)
  if (family === 'ipv4' || family === 'ipv6') return { family, port: port > 0 ? port : null }
  const { id } = declaredOf(subject)
  const update = statement.updates.find((u) => u.id === id)
  const service = statement.logins.find((l) => l.id === id)?.service ?? (update?.upload ?? update?.version)?.service
  return {
    family: sample.addresses.ipv4 !== null ? 'ipv4' : 'ipv6',
    port: statement.services.find((s) => s.id === service)?.port ?? null,
  }
}

/** Whether a declared TCP service accepts a connection: the one of a place, or any. */
export async function isAlive(bench: Bench, place: Place = ANYWHERE): Promise<boolean> {
  for (const door of doors(bench, place)) {
    const endpoint = bench.endpoint(door.family, door.port, false)
    if (endpoint && (await isOpen(bench, endpoint))) return true
  }
  return false
}

/** Whether somebody is there who serves: no proxy that speaks for a device which has not come back. */
export async function isServing(bench: Bench, place: Place = ANYWHERE): Promise<boolean> {
  for (const door of doors(bench, place)) {
    const endpoint = bench.endpoint(door.family, door.port, false)
    if (endpoint && (await doorState(bench, endpoint)) === 'open') return true
  }
  return false
}

/**
 * Gives a rebooting device its declared time, and a device that banned the lab's address the declared time of a lock.
 * A place that stays closed while its address answers is for the probe to tell. Bounded, and quick once it was absent.
 * `looks` is how it is seen to be there.
 */
export async function waitUntilAlive(
  bench: Bench,
  place: Place = ANYWHERE,
  looks: typeof isServing = isServing,
): Promise<{ alive: boolean; address: string; ports: string }> {
  const { statement, sample } = bench
  const bans = statement.bruteForce.filter((b) => b.scope !== 'account').map((b) => (b.lockSeconds ?? 0) + LATE_S)
  const longest = Math.min(LONGEST_S, Math.max(30, ...statement.updates.map((u) => u.bootSeconds), ...bans))
  const gone = absent.get(sample) ?? new Set<string>()
  absent.set(sample, gone)
  const key = `${place.family}/${place.port}`
  const end = bench.now() + (gone.has(key) ? 2 : longest) * 1e6
  let alive = await looks(bench, place)
  while (!alive && bench.now() < end && !bench.signal.aborted) {
    await sleep(500, bench.signal)
    alive = await looks(bench, place)
  }
  if (alive) gone.delete(key)
  else gone.add(key)
  if (!alive && place.port !== null) alive = await looks(bench, { ...place, port: null })
  const { family } = place
  const address = (family ? sample.addresses[family] : null) ?? sample.addresses.ipv4 ?? sample.addresses.ipv6 ?? ''
  const tried = doors(bench, { ...place, port: null })
  return { alive, address, ports: tried.map((d) => d.port).join(', ') }
}

const absent = new WeakMap<Sample, Set<string>>()

/** The doors of a place; where nothing is declared there, all that the sample has. */
function doors(bench: Bench, { family, port }: Place): { family: Family; port: number }[] {
  const all = bench.statement.services
    .filter((s) => s.transport === 'tcp')
    .flatMap((s) =>
      s.families.filter((f) => bench.sample.addresses[f] !== null).map((f) => ({ family: f, port: s.port })),
    )
  const here = all.filter((d) => (family === null || d.family === family) && (port === null || d.port === port))
  const near = all.filter((d) => family === null || d.family === family)
  return (here.length > 0 ? here : near.length > 0 ? near : all).slice(0, 6)
}
