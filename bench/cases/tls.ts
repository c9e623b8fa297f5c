import { SUITES } from '../../suites/facts/tls-suites.ts'
import { checked, type Bed } from '../bed.ts'
import type { Case } from '../case.ts'

const ADDRESS = '10.79.1.2'

/** `version suite` as this project's own work prints them. */
type Offers = string[]

/** One TLS endpoint at 5 ms: its versions and suites, beside scanners of others; the number of connections too. */
export function tls(bed: Bed): Case[] {
  const connections = { ours: 0, theirs: 0 }
  const counted = <T>(side: 'ours' | 'theirs', work: () => T): T => {
    bed.connections()
    const outcome = work()
    connections[side] = bed.connections()
    return outcome
  }
  const ours = () => counted('ours', () => bed.ours('tls', ADDRESS))
  const truth = bed.ours('tls', ADDRESS).findings as Offers
  const one = (id: string, command: readonly string[], goal: number, read: (printed: string) => Offers): Case => ({
    id,
    title: 'one TLS endpoint: versions and suites, 5 ms',
    goal,
    peer: command.join(' '),
    truth,
    ours,
    theirs: () => counted('theirs', () => bed.peer([...command], read)),
    gentle: () => bed.ours('tls', ADDRESS, 'gentle'),
    also: () => `connections ${connections.ours} / ${connections.theirs}`,
  })
  return [
    one(
      'tls-sslscan',
      ['sslscan', '--no-colour', '--no-heartbleed', '--show-cipher-ids', `${ADDRESS}:443`],
      0.17,
      sslscan,
    ),
    one('tls-nmap', ['nmap', '-n', '-Pn', '-p', '443', '--script', 'ssl-enum-ciphers', ADDRESS], 0.26, nmap),
  ]
}

const VERSION: Record<string, string> = {
  SSLv3: 'ssl3',
  'TLSv1.0': 'tls1.0',
  'TLSv1.1': 'tls1.1',
  'TLSv1.2': 'tls1.2',
  'TLSv1.3': 'tls1.3',
}

const sslscan = (printed: string): Offers =>
  [...printed.matchAll(/^(?:Accepted|Preferred) +(\S+) +\d+ bits +0x([0-9A-F]{4})/gm)]
    .map((m) => `${VERSION[m[1] ?? ''] ?? m[1]} ${(m[2] ?? '').toLowerCase()}`)
    .sort()

const idOf = new Map(SUITES.map((s) => [s.name, s.id.toString(16).padStart(4, '0')]))

/** nmap names the TLS 1.3 suites TLS_AKE_WITH_… . */
function nmap(printed: string): Offers {
  let version = ''
  return printed
    .split('\n')
    .flatMap((line) => {
      version = /^\|\s+(SSLv3|TLSv1\.\d):/.exec(line)?.[1] ?? version
      const name = /^\|\s+(TLS_\S+)/.exec(line)?.[1]?.replace('_AKE_WITH', '')
      return name ? [`${VERSION[version] ?? version} ${idOf.get(name) ?? name}`] : []
    })
    .sort()
}

/** Only to say which scanner was measured. */
export const scanners = (): string =>
  [checked('sslscan', ['--version']), checked('nmap', ['--version'])]
    .map((v) => /\d+\.\d+(\.\d+)?/.exec(v)?.[0])
    .join(', nmap ')
