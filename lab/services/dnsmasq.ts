import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { BenchNetwork } from '../../reports/report.ts'
import type { ServiceRecord } from './records.ts'

/** What is served, checked before: addresses are addresses, ranges lie in the network of the interface. */
export interface Serving {
  network: BenchNetwork
  /** The lab's address on the interface, with the length of its prefix. */
  ipv4: { address: string; netmask: string } | null
  ipv6: { address: string; prefix: number } | null
  dhcp: boolean
  dns: boolean
  ntp: boolean
  /** A private folder. */
  directory: string
}

const LEASE = '1h'

/**
 * The configuration of dnsmasq: one interface, nobody else to ask, no way out. DHCP gives an address, this lab as server of
 * names and of time, and no router; advertisements of the router say that it is none (lifetime 0).
 */
export function configurationOf({ network, ipv4, ipv6, dhcp, dns, ntp, directory }: Serving): string {
  const { leases = {}, names = [], otherNames = 'none' } = network
  const [four, six] = dhcp ? [ipv4 && leases.ipv4, ipv6 && leases.ipv6] : []
  const own = [ipv4?.address, ipv6?.address].filter((a) => a !== undefined)
  const lines = [
    `interface=${network.interface}`,
    'except-interface=lo',
    'bind-interfaces',
    'no-resolv',
    'no-hosts',
    'no-poll',
    'no-ping',
    'pid-file=',
    'log-facility=-',
    'log-queries',
    'log-dhcp',
    `dhcp-leasefile=${join(directory, 'leases')}`,
    ...(dns ? [] : ['port=0']),
    ...names.map(({ name, address }) => `address=/${name}/${address}`),
    ...(otherNames === 'lab' ? own.map((a) => `address=/#/${a}`) : ['local=/#/']),
    ...(four
      ? [
          `dhcp-range=${four.first},${four.last},${ipv4?.netmask ?? ''},${LEASE}`,
          'dhcp-authoritative',
          'dhcp-option=option:router',
          ...(dns ? [] : ['dhcp-option=option:dns-server']),
          ...(ntp ? [`dhcp-option=option:ntp-server,${ipv4?.address ?? ''}`] : []),
        ]
      : []),
    ...(six
      ? [
          `dhcp-range=${six.first},${six.last},slaac,${ipv6?.prefix ?? 64},${LEASE}`,
          'enable-ra',
          `ra-param=${network.interface},10,0`,
          ...(dns ? [] : ['dhcp-option=option6:dns-server']),
          ...(ntp ? [`dhcp-option=option6:ntp-server,[${ipv6?.address ?? ''}]`] : []),
        ]
      : []),
  ]
  return `${lines.join('\n')}\n`
}

/** Whether other users exist here for dnsmasq to become one of: in a user namespace of one user there are none. */
function isMapped(): boolean {
  const lines = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n')
  return lines.some((l) => Number(l.trim().split(/\s+/)[2]) > 1)
}

export interface Dnsmasq {
  /** What it said last; settled when it has ended by itself or by `close`. */
  ended: Promise<string>
  close(): Promise<void>
}

/** Ends its child when its third channel is closed, by whatever end of this process; ends with its child. */
const KEEPER = '"$@" 3<&- & child=$!; { read -r _; kill "$child"; } <&3 2>/dev/null & wait "$child"'
const MOST_SAID = 2_000

/** Runs dnsmasq in the foreground as a child; every lease and question goes to `onRecord`. */
export function startDnsmasq(
  serving: Serving,
  { now, onRecord }: { now: () => number; onRecord: (record: ServiceRecord) => void },
): Dnsmasq {
  const file = join(serving.directory, 'dnsmasq.conf')
  writeFileSync(file, configurationOf(serving), { mode: 0o600 })
  // Without a user to become it stays what it is, which is debugging to it.
  const foreground = isMapped() ? '--keep-in-foreground' : '--no-daemon'
  const child = spawn('sh', ['-c', KEEPER, 'sh', 'dnsmasq', foreground, `--conf-file=${file}`], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    // Ctrl-C goes to the whole group of a terminal: what ends it is this process alone.
    detached: true,
  })
  let said = ''
  if (child.stderr)
    createInterface({ input: child.stderr }).on('line', (line) => {
      said = `${said}${line.slice(0, 500)}\n`.slice(-MOST_SAID)
      const record = recordIn(line, now())
      if (record) onRecord(record)
    })
  const keeper = child.stdio[3]
  keeper?.on('error', () => undefined)
  child.once('exit', () => keeper?.destroy())
  const ended = new Promise<string>((done) => {
    child.once('error', (e) => done(e.message))
    child.once('close', () => done(said))
  })
  return {
    ended,
    async close() {
      keeper?.destroy()
      await ended
    },
  }
}

const MOST_TEXT = 512

/** When, and which process. */
const HEAD = /^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?dnsmasq(?:\[\d+\])?((?:-dhcp(?:\[\d+\])?)?: .*)$/

/** A line of dnsmasq's log that tells of a device; null for any other. */
export function recordIn(line: string, at: number): ServiceRecord | null {
  const [, told = line] = HEAD.exec(line) ?? []
  const lease = /^-dhcp(?:\[\d+\])?: (?:\d+ )?((?:DHCP|RTR-|SLAAC-)[A-Z0-9-]+)\(([^)]{1,32})\) ?(.*)$/.exec(told)
  if (lease) {
    const [, what = '', , rest = ''] = lease
    // What the lab says of itself to everybody is nobody's question.
    if (what === 'RTR-ADVERT') return null
    const source = /(?:^| )([0-9a-f]{2}(?::[0-9a-f]{2}){5,})(?: |$)/.exec(rest)?.[1] ?? rest.split(' ')[0] ?? ''
    return { at, service: 'dhcp', source, what, told: rest.trim().slice(0, MOST_TEXT) }
  }
  const query = /^: (?:\d+ \S+ )?query\[([^\]]{1,16})\] (.*) from (\S+)$/.exec(told)
  if (!query) return null
  const [, type = '', name = '', source = ''] = query
  return { at, service: 'dns', source, type, name: name.slice(0, MOST_TEXT) }
}
