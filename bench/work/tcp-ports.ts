// One sweep of all TCP ports of an address: prints {milliseconds, kilobytes, findings}. The budget is that of --pace fast.
import { sweepPorts } from '../../lab/instruments/port-sweep.ts'
import { testBench } from '../../test/support/bench.ts'
import { measured } from './measured.ts'
import { paced } from './paced.ts'

const [address = '', rtt = '1'] = process.argv.slice(2)

await measured(async () => {
  const bench = testBench(undefined, paced('fast'))
  const swept = await sweepPorts(bench, {
    to: { family: 'ipv4', address },
    source: undefined,
    canary: 80,
    open: new Set(),
    rttMs: Number(rtt),
    progress: () => undefined,
  })
  if (!('sweep' in swept)) throw new Error(JSON.stringify(swept))
  return swept.sweep.open.map((o) => o.port)
})
