// What one TLS endpoint offers: prints {milliseconds, kilobytes, findings} with its suites, groups and certificate.
import { probe as handshakes } from '../../lab/probes/tls-handshakes.ts'
import { probe as offers } from '../../lab/probes/tls-offers.ts'
import type { Seen } from '../../suites/observation.ts'
import { groupName } from '../../suites/facts/tls-groups.ts'
import { groupOffers, shakesOf } from '../../suites/facts/tls-handshakes.ts'
import { versionOffers } from '../../suites/facts/tls-offers.ts'
import { certificateOf } from '../../suites/facts/x509.ts'
import { fromBase64 } from '../../suites/facts/bytes.ts'
import { emptyStatement, testBench } from '../../test/support/bench.ts'
import { measured } from './measured.ts'
import { paced } from './paced.ts'

const [address = '', pace, port = '443'] = process.argv.slice(2)
const subject = `a/ipv4/${port.padStart(5, '0')}`

const valueOf = <T>(seen: Seen<T>): T => {
  if (!seen.answered) throw new Error(JSON.stringify(seen.why))
  return seen.value
}

await measured(async () => {
  const statement = emptyStatement({
    samples: [{ id: 'a', serial: 'S', arrives: 'in-service', addresses: { ipv4: address, ipv6: null }, macs: [] }],
  })
  const bench = testBench(statement, { ...paced(pace), sources: () => [] })
  const offered = valueOf(await offers.run(bench, subject))
  const seen = [{ sample: 'a', subject, value: offered }]
  const shaken = valueOf(await handshakes.run({ ...bench, seen: () => seen as never }, subject))
  const suites = versionOffers(offered).flatMap((v) =>
    v.accepted.map((a) => `${v.version} ${a.suite.toString(16).padStart(4, '0')}`),
  )
  const groups = groupOffers(shakesOf(shaken)).flatMap((v) =>
    v.accepted.map((a) => `${v.version} ${groupName(a.group)}`),
  )
  const key = certificateOf(fromBase64(shaken.peers[0]?.chain[0] ?? ''))?.key
  return { suites: suites.sort(), groups: groups.sort(), certificate: key ? `${key.type} ${key.bits}` : 'none' }
})
