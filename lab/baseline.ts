import { readFileSync } from 'node:fs'
import { checkValue } from '../profiles/yaml-file.ts'
import { int, list, obj, opt, port } from '../suites/schema.ts'
import { FAMILIES, type Family } from '../suites/statement.ts'

/** Ports that answered at the device's address before the device was there, by family. */
export type Baseline = Partial<Record<Family, { at: number; ports: number[] }>>

/**
 * What this machine itself listens on before a software camera starts on its loopback: services on all addresses answer
 * there too, and would be taken for the camera's. From the kernel's own tables; empty where there are none.
 */
export function ownListeners(now: number): Baseline {
  const tables = { ipv4: '/proc/net/tcp', ipv6: '/proc/net/tcp6' } as const
  const listening = Object.fromEntries(FAMILIES.map((f) => [f, listenersIn(tables[f])])) as Record<Family, number[]>
  // A service on all IPv6 addresses answers on IPv4 as well, unless it says otherwise.
  const both = [...new Set([...listening.ipv4, ...listening.ipv6])].sort((a, b) => a - b)
  return { ipv4: { at: now, ports: both }, ipv6: { at: now, ports: listening.ipv6 } }
}

/** State 0A is LISTEN; the local address ends with the port in hexadecimal. */
function listenersIn(table: string): number[] {
  try {
    const rows = readFileSync(table, 'latin1').split('\n').slice(1)
    const ports = rows.flatMap((row) => {
      const [, local = '', , state] = row.trim().split(/\s+/)
      return state === '0A' ? [parseInt(local.split(':')[1] ?? '', 16)] : []
    })
    return [...new Set(ports)].sort((a, b) => a - b)
  } catch {
    return []
  }
}

const family = obj({ at: int(), ports: list(port()) })
const schema = obj({ ipv4: opt(family), ipv6: opt(family) })

/** A baseline from a file; a file that is none throws, before anything is sent. */
export function readBaseline(path: string): Baseline {
  const checked = checkValue(schema, JSON.parse(readFileSync(path, 'utf8')) as unknown, path)
  if (!checked.ok) throw new Error(`${path}: ${checked.faults.map((f) => `${f.field ?? ''} ${f.code}`).join('; ')}`)
  return checked.value as Baseline
}
