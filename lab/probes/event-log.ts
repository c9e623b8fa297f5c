import { wereAccepted } from '../../suites/facts/login-outcome.ts'
import { kind, type EventLog } from '../../suites/observations/event-log.ts'
import { declaresLog } from '../../suites/observations/log-actions.ts'
import { defineProbe } from '../probe.ts'
import { openChannels, quietTime, storable, untilRecorded } from '../services/log-channels.ts'
import { causeApart } from './log-apart.ts'
import { causeEvents } from './log-events.ts'
import { mainDoor } from './login-door.ts'

/** What a device writes by itself every few seconds must be known, so that it is taken for nothing else. */
const QUIET_MILLISECONDS = 3_200
const AFTER_LAST_MILLISECONDS = 700
/** Putting the log setting back may itself leave records; they are waited for where they matter, not here. */
const SETTLE_MILLISECONDS = 300

const ID = kind.id
const about = (key: string, values: Record<string, string | number> = {}) => ({ code: `${ID}.${key}`, values })

/** Log-ins, settings, accounts, the clock and the log settings changed with the device's logs watched by the lab, and everything put back. */
export const probe = defineProbe<EventLog>({
  id: ID,
  version: '1.1.0',
  kind,
  tier: 'W',
  grade: 'disruptive',
  order: 6,
  failsLogins: true,
  states: ['in-service'],
  seconds: (statement) => (declaresLog(statement) ? 20 : 1),
  async run(bench, subject) {
    const unanswered = (cause: 'lab' | 'device', key: string, values: Record<string, string | number> = {}) => ({
      answered: false as const,
      cause,
      why: about(key, values),
      artifacts: [],
    })
    const value: EventLog = {
      declared: declaresLog(bench.statement),
      channels: [],
      quiet: null,
      events: [],
      api: null,
      until: null,
      records: [],
      left: 0,
    }
    if (!value.declared) return { answered: true, value, controls: [], artifacts: [] }
    const main = mainDoor(bench)
    if (!main) return unanswered('lab', 'no-client')
    const api = bench.statement.logging.api
    const channels = await openChannels(bench, `${ID}/${subject}`, main.door.endpoint.family)
    try {
      value.channels = channels.list
      if (!api && !channels.list.some((c) => c.receiving))
        return unanswered('lab', 'no-receiver', { detail: channels.faults.join('; ') })
      const quiet = await quietTime(bench, channels, QUIET_MILLISECONDS, about('quiet'))
      value.quiet = quiet
      const before = api ? await bench.perform(api.read, {}) : null
      value.events = await causeEvents(bench, main, subject)
      const last = value.events.at(-1)?.at ?? 0
      await untilRecorded(bench, channels, last, AFTER_LAST_MILLISECONDS, about('late'))
      value.until = bench.now()
      if (api && before) value.api = { before, after: await bench.perform(api.read, {}) }
      const arrived = channels.since(quiet.from).filter((r) => r.at <= (value.until ?? 0))
      const { account } = main.login
      const { door } = main
      const { family } = door.endpoint
      value.apart = await causeApart({ bench, door, account, channels, family, subject })
      await channels.restore(SETTLE_MILLISECONDS)
      if (bench.signal.aborted) return unanswered('lab', 'cancelled')
      Object.assign(value, storable(bench, arrived))
      const good = value.events.flatMap((e) => (e.what === 'accepted' && e.exchange ? [e.exchange] : []))
      const controls = [{ id: 'log-in-works', ok: wereAccepted(good), about: about('control-log-in') }]
      return { answered: true, value, controls, artifacts: [] }
    } finally {
      await channels.close()
    }
  },
})
