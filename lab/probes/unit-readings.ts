import { kind, unitReadings, type UnitReadings } from '../../suites/observations/unit-readings.ts'
import { read, readAll } from '../actions.ts'
import { macOf } from '../identity.ts'
import { defineProbe } from '../probe.ts'
import { unanswered } from './log-in-place.ts'

/** No camera keeps more users. */
const MOST_NAMES = 256

/** Reads what the statement says can be read of the unit's identity, firmware and accounts, and its address on the link. */
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
    const { accountList } = bench.statement
    const listed = accountList && (await readAll(bench, accountList, MOST_NAMES))
    const accounts = listed
      ? {
          exchange: listed.exchange,
          names: listed.texts.slice(0, MOST_NAMES),
          more: listed.texts.length > MOST_NAMES,
          account: accountList.account ?? null,
        }
      : null
    // Last: the neighbour table holds who was just talked to.
    const mac = macOf(bench.sample.addresses.ipv4)
    return { answered: true, value: { readings, accounts, mac }, controls: [], artifacts: [] }
  },
})
