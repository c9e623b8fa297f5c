import { spawnSync } from 'node:child_process'
import { SUITES } from '../../suites/facts/tls-suites.ts'
import { checked, type Bed } from '../bed.ts'
import type { Case } from '../case.ts'

const ADDRESS = '10.79.1.2'

/** `version suite` and `version group` as this project's own work prints them. */
interface Found {
  suites: string[]
  groups: string[]
  certificate: string
}
type Part = keyof Found

/** One TLS endpoint at 5 ms, beside scanners of others; the number of connections too. Compared is what the scanner tells. */
export function tls(bed: Bed): Case[] {
  const connections = { ours: 0, theirs: 0 }
  const counted = <T>(side: 'ours' | 'theirs', work: () => T): T => {
    bed.connections()
    const outcome = work()
    connections[side] = bed.connections()
    return outcome
  }
  const one = (
    id: string,
    command: readonly string[],
    goal: number,
    parts: readonly Part[],
    read: (printed: string) => Partial<Found>,
    more: Partial<Case> = {},
  ): Case => {
    const ours = (...pace: string[]) => {
      const outcome = bed.ours('tls', ADDRESS, ...pace)
      const found = outcome.findings as Found
      return { ...outcome, findings: Object.fromEntries(parts.map((part) => [part, found[part]])) }
    }
    return {
      id,
      title: `one TLS endpoint: versions, suites, groups, certificate, 5 ms (compared: ${parts.join(', ')})`,
      goal,
      peer: command.join(' '),
      truth: ours().findings,
      ours: () => counted('ours', () => ours()),
      theirs: () => counted('theirs', () => bed.peer([...command], read)),
      gentle: () => ours('gentle'),
      also: () => `connections ${connections.ours} / ${connections.theirs}`,
      ...more,
    }
  }
  const at = `${ADDRESS}:443`
  return [
    one(
      'tls-sslscan',
      ['sslscan', '--no-colour', '--no-heartbleed', '--show-cipher-ids', at],
      0.17,
      ['suites', 'groups', 'certificate'],
      sslscan,
      {
        also: () =>
          `connections ${connections.ours} / ${connections.theirs}, ${(connections.ours / connections.theirs).toFixed(2)} (goal 0.65)`,
      },
    ),
    one(
      'tls-nmap',
      ['nmap', '-n', '-Pn', '-p', '443', '--script', 'ssl-enum-ciphers', ADDRESS],
      0.26,
      ['suites'],
      nmap,
    ),
    ...(hasTestssl()
      ? [
          one(
            'tls-testssl',
            ['testssl', '--color', '0', '--warnings', 'off', '-p', '-S', '-P', '-E', at],
            0.02,
            ['suites'],
            testssl,
            { peerOnce: true },
          ),
        ]
      : []),
  ]
}

const VERSION: Record<string, string> = {
  SSLv3: 'ssl3',
  'TLSv1.0': 'tls1.0',
  'TLSv1.1': 'tls1.1',
  'TLSv1.2': 'tls1.2',
  'TLSv1.3': 'tls1.3',
}

const sslscan = (printed: string): Found => ({
  suites: [...printed.matchAll(/^(?:Accepted|Preferred) +(\S+) +\d+ bits +0x([0-9A-F]{4})/gm)]
    .map((m) => `${VERSION[m[1] ?? ''] ?? m[1]} ${(m[2] ?? '').toLowerCase()}`)
    .sort(),
  groups: [...printed.matchAll(/^(\S+) +\d+ bits +((?:sec[pt]|brainpool|x|ffdhe)\w+)/gm)]
    .map((m) => `${VERSION[m[1] ?? ''] ?? m[1]} ${m[2]}`)
    .sort(),
  certificate: (/^(\S+) Key Strength: +(\d+)/m.exec(printed)?.slice(1) ?? []).join(' '),
})

/** The hexadecimal numbers of the suites stand under the heading of each version. */
function testssl(printed: string): Partial<Found> {
  let version = ''
  const suites = printed.split('\n').flatMap((line) => {
    version = /^(SSLv3|TLS 1(?:\.\d)?) *$/.exec(line)?.[1] ?? version
    const id = /^ x([0-9a-f]{2,4}) /.exec(line)?.[1]
    return id ? [`${version.replace('TLS 1', 'tls1').replace(/^tls1$/, 'tls1.0')} ${id.padStart(4, '0')}`] : []
  })
  return { suites: suites.sort() }
}

const idOf = new Map(SUITES.map((s) => [s.name, s.id.toString(16).padStart(4, '0')]))

/** nmap names the TLS 1.3 suites TLS_AKE_WITH_… . */
function nmap(printed: string): Partial<Found> {
  let version = ''
  const suites = printed
    .split('\n')
    .flatMap((line) => {
      version = /^\|\s+(SSLv3|TLSv1\.\d):/.exec(line)?.[1] ?? version
      const name = /^\|\s+(TLS_\S+)/.exec(line)?.[1]?.replace('_AKE_WITH', '')
      return name ? [`${VERSION[version] ?? version} ${idOf.get(name) ?? name}`] : []
    })
    .sort()
  return { suites }
}

/** It takes many seconds and is not in the list of what the tests need: measured where it is installed. */
const hasTestssl = (): boolean => spawnSync('sh', ['-c', 'command -v testssl']).status === 0

/** Only to say which scanner was measured. */
export const scanners = (): string =>
  [checked('sslscan', ['--version']), checked('nmap', ['--version'])]
    .map((v) => /\d+\.\d+(\.\d+)?/.exec(v)?.[0])
    .join(', nmap ')
