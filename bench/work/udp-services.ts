// Which UDP services of an address answer in their own protocol: prints {milliseconds, kilobytes, findings} with ports.
import { probe } from '../../lab/probes/udp-services.ts'
import { isAnswerTo } from '../../suites/facts/udp-answer.ts'
import { catalogueFile } from '../../test/support/judging.ts'
import { emptyStatement, testBench } from '../../test/support/bench.ts'
import { measured } from './measured.ts'
import { paced } from './paced.ts'

const [address = '', source = '', pace] = process.argv.slice(2)

await measured(async () => {
  const statement = emptyStatement({
    samples: [{ id: 'a', serial: 'S', arrives: 'in-service', addresses: { ipv4: address, ipv6: null }, macs: [] }],
    services: [{ id: 'web', transport: 'tcp', port: 80, protocol: 'http', families: ['ipv4'], purpose: 'bench' }],
  })
  const catalogue = catalogueFile('udp-services').data
  const seen = await probe.run(
    testBench(statement, { ...paced(pace), catalogue: () => catalogue, sources: () => [source] }),
    'a/ipv4',
  )
  if (!seen.answered) throw new Error(JSON.stringify(seen.why))
  const found = seen.value.rows.filter(({ payload, asks }) =>
    asks.some((a) => a.replies.some((r) => isAnswerTo(payload, Buffer.from(r.bytes, 'base64')))),
  )
  return [...new Set(found.map((r) => r.port))].sort((a, b) => a - b)
})
