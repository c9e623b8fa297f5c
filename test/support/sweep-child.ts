// Runs the sweep of one address where it is started (a network namespace, a small limit of open files) and prints
// what was seen. Argument: JSON {address, family, source, declared, hold}.
import { openSync } from 'node:fs'
import { probe } from '../../lab/probes/tcp-ports.ts'
import { emptyStatement, testBench } from './bench.ts'

interface Task { address: string; family: 'ipv4' | 'ipv6'; source: string; declared: number[]; hold?: number }
const { address, family, source, declared, hold = 0 } = JSON.parse(process.argv[2] ?? '{}') as Task

const statement = emptyStatement({
  samples: [{ id: 'a', serial: 'S1', arrives: 'in-service', addresses: { ipv4: null, ipv6: null, [family]: address }, macs: [] }],
  services: declared.map((port) => ({ id: `s${port}`, transport: 'tcp', port, protocol: 'other', families: [family], purpose: 'test' })),
})
for (let i = 0; i < hold; i++) openSync('/dev/null', 'r')
const bench = testBench(statement, { sources: () => [source], budgets: { connections: 4, attemptsPerSecond: 100_000 } })
console.log(JSON.stringify(await probe.run(bench, `a/${family}`)))
