import { readFileSync } from 'node:fs'
import { read } from './actions.ts'
import type { Bench } from './probe.ts'

/** Marks by which the unit is known again (rule 2): null where a mark could not be read. */
export type Anchors = Record<string, string | null>

/** Link-layer address and every declared reading of the identity. */
export async function readAnchors(bench: Bench): Promise<Anchors> {
  const anchors: Anchors = { mac: macOf(bench.sample.addresses.ipv4) }
  for (const [i, reading] of (bench.statement.identity ?? []).entries()) {
    const { text } = await read(bench, reading)
    anchors[`reading-${i}`] = text
  }
  return anchors
}

/** Names of the anchors that show another unit: both readings are there, and they differ. */
export const changedAnchors = (before: Anchors, after: Anchors): string[] =>
  Object.keys(before).filter(
    (k) => before[k] !== null && after[k] !== null && after[k] !== undefined && before[k] !== after[k],
  )

/** The neighbour table of Linux; null elsewhere, on loopback and behind a router. */
export function macOf(ipv4: string | null): string | null {
  if (ipv4 === null) return null
  try {
    const row = readFileSync('/proc/net/arp', 'latin1')
      .split('\n')
      .find((l) => l.startsWith(`${ipv4} `))
    const mac = row?.split(/\s+/)[3]
    return mac && mac !== '00:00:00:00:00:00' ? mac : null
  } catch {
    return null
  }
}
