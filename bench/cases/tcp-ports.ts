import type { Bed } from '../bed.ts'
import type { Case } from '../case.ts'

const OPEN = [23, 80, 443, 554, 8000, 8899, 9530, 34567, 37777, 49152]
const DEFAULT = ['nmap', '-n', '-Pn', '-sT', '-p-', '-T4']
const TUNED = [...DEFAULT, '--min-rate', '20000', '--max-retries', '1']

const openPorts = (printed: string): number[] =>
  [...printed.matchAll(/^(\d+)\/tcp +open /gm)].map((m) => Number(m[1])).sort((a, b) => a - b)

/** All TCP ports of hosts that answer closed ports, drop, or limit their resets. Ratios are against nmap's -T4. */
export function tcpPorts(bed: Bed): Case[] {
  const one = (
    id: string,
    title: string,
    address: string,
    rtt: string,
    nmap: readonly string[],
    goal: number | null,
    peerOnce?: true,
  ): Case => ({
    id,
    title,
    goal,
    peer: nmap.join(' '),
    truth: OPEN,
    ours: () => bed.ours('tcp-ports', address, rtt),
    theirs: () => bed.peer([...nmap, address], openPorts),
    ...(peerOnce ? { peerOnce } : {}),
  })
  return [
    one('tcp-drop', '65,535 TCP ports, dropping host, 1 ms', '10.79.2.3', '1', DEFAULT, 0.1, true),
    one('tcp-drop-tuned', '65,535 TCP ports, dropping host, 1 ms', '10.79.2.3', '1', TUNED, 0.75),
    one('tcp-limited', '65,535 TCP ports, 500 resets a second, 1 ms', '10.79.2.4', '1', DEFAULT, 0.08, true),
    one('tcp-plain', '65,535 TCP ports, plain host, 1 ms', '10.79.2.2', '1', DEFAULT, 1),
    one('tcp-plain-5ms', '65,535 TCP ports, plain host, 5 ms', '10.79.1.2', '5', DEFAULT, null),
  ]
}
