import { readFileSync } from 'node:fs'
import { checkValue } from '../profiles/yaml-file.ts'
import { faulty, ok, type Result } from '../suites/fault.ts'
import { int, list, obj, opt, port } from '../suites/schema.ts'
import { FAMILIES, type Family } from '../suites/statement.ts'

/** TCP and UDP ports that answered at the device's address before the device was there, by family. */
export type Baseline = Partial<Record<Family, { at: number; ports: number[]; udpPorts?: number[] }>>

/**
 * What this machine itself listens on before a software camera starts on its loopback: services on all addresses answer
 * there too, and would be taken for the camera's. From the kernel's own tables; empty where there are none.
 */
export function ownListeners(now: number): Baseline {
  const tcp = byFamily('tcp', LISTEN)
  const udp = byFamily('udp', UNCONNECTED)
  return Object.fromEntries(FAMILIES.map((f) => [f, { at: now, ports: tcp[f], udpPorts: udp[f] }]))
}

/** States in the kernel's tables: TCP_LISTEN, and TCP_CLOSE for UDP sockets that hear everybody. */
const LISTEN = '0A'
const UNCONNECTED = '07'

/** A service on all IPv6 addresses answers on IPv4 as well, unless it says otherwise. */
function byFamily(transport: 'tcp' | 'udp', state: string): Record<Family, number[]> {
  const ipv6 = listenersIn(`/proc/net/${transport}6`, state)
  const both = new Set([...listenersIn(`/proc/net/${transport}`, state), ...ipv6])
  return { ipv6, ipv4: [...both].sort((a, b) => a - b) }
}

/** The local address ends with the port in hexadecimal. */
function listenersIn(table: string, wanted: string): number[] {
  try {
    const rows = readFileSync(table, 'latin1').split('\n').slice(1)
    const ports = rows.flatMap((row) => {
      const [, local = '', , state] = row.trim().split(/\s+/)
      return state === wanted ? [parseInt(local.split(':')[1] ?? '', 16)] : []
    })
    return [...new Set(ports)].sort((a, b) => a - b)
  } catch {
    return []
  }
}

const family = obj({ at: int(), ports: list(port()), udpPorts: opt(list(port())) })
const schema = obj({ ipv4: opt(family), ipv6: opt(family) })

/** A baseline from a file, before anything is sent. */
export function readBaseline(path: string | undefined): Result<Baseline> {
  if (path === undefined) return ok({})
  let bytes: string
  try {
    bytes = readFileSync(path, 'utf8')
  } catch (e) {
    return faulty({ code: 'unreadable', values: { why: (e as NodeJS.ErrnoException).code ?? 'unknown' }, file: path })
  }
  try {
    return checkValue(schema, JSON.parse(bytes) as unknown, path)
  } catch {
    return faulty({ code: 'not-json', values: {}, file: path })
  }
}
