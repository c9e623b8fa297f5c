// Makes one sweep of one address where it is started (a network namespace, a small limit of open files) and prints
// what came of it. Argument: JSON {address, family, source, canary, hold}.
import { openSync } from 'node:fs'
import { sweepPorts } from '../../lab/instruments/port-sweep.ts'
import { testBench } from './bench.ts'

interface Task {
  address: string
  family: 'ipv4' | 'ipv6'
  source: string
  canary: number | null
  hold?: number
}
const { address, family, source, canary, hold = 0 } = JSON.parse(process.argv[2] ?? '{}') as Task

for (let i = 0; i < hold; i++) openSync('/dev/null', 'r')
const bench = testBench(undefined, { budgets: { connections: 4, attemptsPerSecond: 100_000 } })
console.log(
  JSON.stringify(
    await sweepPorts(bench, {
      to: { family, address },
      source,
      canary,
      open: new Set<number>(),
      rttMs: 1,
      progress: () => undefined,
    }),
  ),
)
