import { udpRows } from '../../suites/facts/udp-catalogue.ts'
import { catalogueFile } from '../../test/support/judging.ts'
import type { Bed } from '../bed.ts'
import type { Case } from '../case.ts'
import { UDP_PORTS } from '../work/udp-device.ts'

const ADDRESS = '10.79.1.2'

const openPorts = (printed: string): number[] =>
  [...printed.matchAll(/^(\d+)\/udp +open /gm)].map((m) => Number(m[1])).sort((a, b) => a - b)

/** The UDP services of the catalogue on a host that says of one closed port a second that it is closed. */
export function udpServices(bed: Bed): Case[] {
  const questions = udpRows(catalogueFile('udp-services').data)
  const asked = [...new Set(questions.map((r) => r.port))].sort((a, b) => a - b)
  const nmap = ['nmap', '-n', '-Pn', '-sU', '-p', asked.join()]
  return [
    {
      id: 'udp-services',
      title: `${questions.length} UDP questions at ${asked.length} ports, ${UDP_PORTS.length} of them open, 5 ms`,
      goal: 0.4,
      peer: nmap.join(' '),
      truth: UDP_PORTS,
      peerFallsShort: true,
      ours: () => bed.ours('udp-services', ADDRESS, '10.79.1.1'),
      theirs: () => bed.peer([...nmap, ADDRESS], openPorts),
      gentle: () => bed.ours('udp-services', ADDRESS, '10.79.1.1', 'gentle'),
      also: ({ findings: ours }, { findings: theirs }) =>
        `found ${(ours as number[]).length} / ${(theirs as number[]).length}`,
    },
  ]
}
