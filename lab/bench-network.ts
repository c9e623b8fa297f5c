import { existsSync, readFileSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { delimiter, join } from 'node:path'
import { BENCH_SERVICES, type BenchNetwork, type BenchService } from '../reports/report.ts'
import type { Fault } from '../suites/fault.ts'
import type { Serving } from './services/dnsmasq.ts'

/** What this machine says of itself; read once, so that it can be said otherwise in tests. */
export interface Machine {
  platform: string
  /** Effective capabilities of this process, as bits. */
  capabilities: bigint
  /** /proc/net/route and /proc/net/ipv6_route. */
  routes: { ipv4: string; ipv6: string }
  interfaces: ReturnType<typeof networkInterfaces>
  hasDnsmasq: boolean
}

export function thisMachine(): Machine {
  const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '')
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return {
    platform: process.platform,
    capabilities: BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(read('/proc/self/status'))?.[1] ?? '0'}`),
    routes: { ipv4: read('/proc/net/route'), ipv6: read('/proc/net/ipv6_route') },
    interfaces: networkInterfaces(),
    hasDnsmasq: folders.some((f) => f !== '' && existsSync(join(f, 'dnsmasq'))),
  }
}

/** CAP_NET_BIND_SERVICE, CAP_NET_ADMIN and CAP_NET_RAW: low ports, DHCP and router advertisements. */
const NEEDED = [10n, 12n, 13n]

/** Interfaces through which everything unknown goes: on those are other networks, and other DHCP servers. */
export function defaultRoutes({ ipv4, ipv6 }: Machine['routes']): Set<string> {
  const rows = (text: string) => text.split('\n').map((l) => l.trim().split(/\s+/))
  const REJECT = 0x200
  return new Set([
    ...rows(ipv4).flatMap(([name = '', to, , flags, , , , mask]) =>
      to === '00000000' && mask === '00000000' && (parseInt(flags ?? '0', 16) & REJECT) === 0 ? [name] : [],
    ),
    ...rows(ipv6).flatMap(([to, length, , , , , , , flags, name = '']) =>
      /^0{32}$/.test(to ?? '') && length === '00' && (parseInt(flags ?? '0', 16) & REJECT) === 0 ? [name] : [],
    ),
  ])
}

const NAME = /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_-]{1,63})*$/

/** Everything that speaks against giving services to this network, at once; else what is to be served. */
export function planOf(
  network: BenchNetwork,
  machine: Machine,
  allowDefaultRoute: boolean,
): { faults: Fault[] } | { serving: Omit<Serving, 'directory'>; services: readonly BenchService[] } {
  const faults: Fault[] = []
  const fault = (code: string, field: string, values: Fault['values'] = {}) => faults.push({ code, values, field })
  const services = network.services ?? BENCH_SERVICES
  const name = network.interface
  const found = machine.interfaces[name] ?? []
  const [four] = found.filter((a) => a.family === 'IPv4')
  const six = found.filter((a) => a.family === 'IPv6')
  const [routed] = six.filter((a) => a.scopeid === 0)
  const needsDnsmasq = services.some((s) => s === 'dhcp' || s === 'dns')
  if (machine.platform !== 'linux') fault('bench-linux', '/network')
  else if (NEEDED.some((bit) => ((machine.capabilities >> bit) & 1n) === 0n)) fault('bench-privilege', '/network')
  if (needsDnsmasq && !machine.hasDnsmasq) fault('bench-dnsmasq', '/network')
  // What stands in a line of dnsmasq's configuration is a word.
  if (!/^[A-Za-z0-9_.-]{1,15}$/.test(name) || (!four && !routed))
    fault('bench-interface', '/network/interface', { name, known: Object.keys(machine.interfaces).join(', ') || '-' })
  else if (found.some((a) => a.internal)) fault('bench-loopback', '/network/interface', { name })
  else if (defaultRoutes(machine.routes).has(name) && !allowDefaultRoute)
    fault('bench-default-route', '/network/interface', { name })
  for (const [family, own] of [
    ['ipv4', four],
    ['ipv6', routed],
  ] as const) {
    const range = network.leases?.[family]
    if (!range) continue
    if (!own) fault('bench-no-address', `/network/leases/${family}`, { name, family })
    else if (!isRange(range, own, family))
      fault('bench-range', `/network/leases/${family}`, { network: own.cidr ?? '-' })
  }
  if (services.includes('dhcp') && !network.leases?.ipv4 && !network.leases?.ipv6)
    fault('bench-no-leases', '/network/leases')
  network.names?.forEach((n, i) => {
    if (!NAME.test(n.name)) fault('bench-name', `/network/names/${i}/name`, { name: n.name })
    if (isIP(n.address) === 0) fault('bench-address', `/network/names/${i}/address`, { address: n.address })
  })
  if (faults.length > 0) return { faults }
  const has = (service: BenchService) => services.includes(service)
  return {
    services,
    serving: {
      network,
      ipv4: four ? { address: four.address, netmask: four.netmask } : null,
      ipv6: routed ? { address: routed.address, prefix: Number(routed.cidr?.split('/')[1] ?? 64) } : null,
      dhcp: has('dhcp'),
      dns: has('dns'),
      ntp: has('ntp'),
    },
  }
}

interface Own {
  address: string
  cidr: string | null
}

/** Both ends lie in the network, in order, with the lab's own address outside of them. */
function isRange({ first, last }: { first: string; last: string }, own: Own, family: 'ipv4' | 'ipv6'): boolean {
  if ([first, last].some((a) => isIP(a) !== (family === 'ipv4' ? 4 : 6))) return false
  const [address = '', length = ''] = own.cidr?.split('/') ?? []
  const network = new BlockList()
  network.addSubnet(address, Number(length), family)
  const between = new BlockList()
  try {
    between.addRange(first, last, family)
  } catch {
    return false
  }
  return network.check(first, family) && network.check(last, family) && !between.check(own.address, family)
}
