// What one TLS endpoint offers: prints {milliseconds, kilobytes, findings} with the suites of each version.
import { probe } from '../../lab/probes/tls-offers.ts'
import { versionOffers } from '../../suites/facts/tls-offers.ts'
import { emptyStatement, testBench } from '../../test/support/bench.ts'
import { measured } from './measured.ts'
import { paced } from './paced.ts'

const [address = '', pace, port = '443'] = process.argv.slice(2)

await measured(async () => {
  const statement = emptyStatement({
    samples: [{ id: 'a', serial: 'S', arrives: 'in-service', addresses: { ipv4: address, ipv6: null }, macs: [] }],
  })
  const bench = testBench(statement, { ...paced(pace), sources: () => [] })
  const seen = await probe.run(bench, `a/ipv4/${port.padStart(5, '0')}`)
  if (!seen.answered) throw new Error(JSON.stringify(seen.why))
  return versionOffers(seen.value)
    .flatMap((v) => v.accepted.map((a) => `${v.version} ${a.suite.toString(16).padStart(4, '0')}`))
    .sort()
})
