import type { UpdateRefusal } from '../../suites/observations/update-refusal.ts'
import { declaresLog } from '../../suites/observations/log-actions.ts'
import type { Update } from '../../suites/statement.ts'
import { endpointOf } from '../actions.ts'
import type { Bench } from '../probe.ts'
import { openChannels, quietTime } from '../services/log-channels.ts'

/** A device may note every request of ten packages. */
const MOST_RECORDS = 1_500
const MOST_BYTES = 256 * 1024
const MOST_RECORD_BYTES = 1_024
const QUIET_MILLISECONDS = 1_000
const LATE_MILLISECONDS = 1_500

const about = (key: string) => ({ code: `update-refusal.${key}`, values: {} })

type OwnLog = NonNullable<NonNullable<UpdateRefusal['log']>['api']>

/** The device's logs during the whole row. */
export interface Watch {
  /** Reads the device's own log, where one is declared. */
  read(when: keyof OwnLog): Promise<void>
  /** What came; to be asked before settings are put back. */
  result(): Promise<UpdateRefusal['log']>
  close(): Promise<void>
}

/** Null where no log is declared. A receiver that cannot be opened is no reason to leave out the packages. */
export async function watchLog(bench: Bench, update: Update, subject: string): Promise<Watch | null> {
  const door = endpointOf(bench, (update.upload ?? update.version).service)
  if (!declaresLog(bench.statement) || door === null) return null
  const { api } = bench.statement.logging
  const own: OwnLog = { begin: null, refused: null, before: null, installed: null }
  const channels = await openChannels(bench, `update-refusal/${subject}`, door.family)
  const { from } = await quietTime(bench, channels, QUIET_MILLISECONDS, about('quiet'))
  const read = async (when: keyof OwnLog): Promise<void> => {
    if (api && !bench.signal.aborted) own[when] = await bench.perform(api.read, {})
  }
  await read('begin')
  return {
    read,
    async result() {
      await bench.wait(LATE_MILLISECONDS, about('late'))
      const until = bench.now()
      const all = channels.since(from)
      let bytes = 0
      const first = all.findIndex((r) => (bytes += Math.min(r.bytes.length, MOST_RECORD_BYTES)) > MOST_BYTES)
      const most = Math.min(MOST_RECORDS, first === -1 ? all.length : first)
      const records = all.slice(0, most).map(({ at, from, channel, bytes }) => ({
        at,
        from,
        channel,
        raw: Buffer.from(bench.redact(bytes).subarray(0, MOST_RECORD_BYTES)).toString('base64'),
      }))
      const { list, faults } = channels
      return {
        channels: list,
        faults,
        from,
        until,
        records,
        left: all.length - records.length,
        ...(api ? { api: own } : {}),
      }
    },
    async close() {
      await channels.restore()
      await channels.close()
    },
  }
}
