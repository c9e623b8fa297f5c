import { kind, unitReadings, type UnitReadings } from '../../suites/observations/unit-readings.ts'
import { read } from '../actions.ts'
import { macOf } from '../identity.ts'
import { defineProbe } from '../probe.ts'
import { unanswered } from './log-in-place.ts'

/** Reads what the statement says can be read of the unit's identity and firmware, and its address on the link. */
export const probe = defineProbe<UnitReadings>({
  id: 'unit-readings',
  version: '1.0.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 0,
  states: ['in-service'],
  seconds: (statement) => unitReadings(statement).length * statement.samples.length,
  async run(bench, subject) {
    const readings: UnitReadings['readings'] = []
    for (const { from, what, reading } of unitReadings(bench.statement)) {
      if (bench.signal.aborted) return unanswered('lab', 'unit-readings.cancelled', { subject })
      readings.push({ from, what, ...(await read(bench, reading)) })
    }
    // Last: the neighbour table holds who was just talked to.
    const mac = macOf(bench.sample.addresses.ipv4)
    return { answered: true, value: { readings, mac }, controls: [], artifacts: [] }
  },
})
