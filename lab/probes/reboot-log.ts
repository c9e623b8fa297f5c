import { wereAccepted } from '../../suites/facts/login-outcome.ts'
import { declaresLog } from '../../suites/observations/log-actions.ts'
import { kind, type RebootLog } from '../../suites/observations/reboot-log.ts'
import type { Action, Statement } from '../../suites/statement.ts'
import { tookEffect } from '../effect.ts'
import { doorState, isOpen, type DoorState } from '../instruments/door-state.ts'
import { defineProbe, type Bench, type Endpoint } from '../probe.ts'
import { openChannels, quietTime, storable, untilRecorded } from '../services/log-channels.ts'
import { loggedIn, NOTHING } from './log-events.ts'
import { mainDoor, type Door } from './login-door.ts'

const QUIET_MILLISECONDS = 1_000
const BETWEEN_MILLISECONDS = 400
/** A device that has not closed its door by then is not rebooting. */
const LONGEST_TO_CLOSE_MS = 15_000
const POLL_MS = 100
/** A busy device says so for a moment; one that is away goes on being away. */
const STILL_MS = 1_000
/** What waits for the door to close asks at it each so many times only. */
const ASK_EVERY = 10
/** Where no update declares how long the device takes. */
const USUAL_BOOT_S = 120
const LONGEST_BOOT_S = 600
const AFTER_LAST_MILLISECONDS = 1_000
const SETTLE_MILLISECONDS = 300

const ID = kind.id
const about = (key: string, values: Record<string, string | number> = {}) => ({ code: `${ID}.${key}`, values })

const bootSecondsOf = ({ updates }: Statement): number =>
  Math.min(LONGEST_BOOT_S, updates.length === 0 ? USUAL_BOOT_S : 2 * Math.max(...updates.map((u) => u.bootSeconds)) + 5)

/** A reboot that was seen to happen, with the device's logs read before and after. */
export const probe = defineProbe<RebootLog>({
  id: ID,
  version: '1.0.0',
  kind,
  tier: 'D',
  grade: 'disruptive',
  order: 40,
  states: ['in-service'],
  seconds: (statement) =>
    statement.actions.reboot && declaresLog(statement) ? 15 + Math.ceil(bootSecondsOf(statement) / 2) : 1,
  async run(bench, subject) {
    const { reboot } = bench.statement.actions
    const { api } = bench.statement.logging
    const value: RebootLog = {
      declared: reboot !== undefined && declaresLog(bench.statement),
      channels: [],
      quiet: null,
      events: [],
      closed: null,
      open: null,
      api: null,
      until: null,
      records: [],
      left: 0,
    }
    const unanswered = (cause: 'lab' | 'device', key: string, values: Record<string, string | number> = {}) => ({
      answered: false as const,
      cause,
      why: about(key, values),
      artifacts: [],
    })
    if (!reboot || !value.declared) return { answered: true, value, controls: [], artifacts: [] }
    const main = mainDoor(bench)
    if (!main) return unanswered('lab', 'no-client')
    const { door } = main
    const right = bench.credential(main.login.account)
    const channels = await openChannels(bench, `${ID}/${subject}`, door.endpoint.family)
    try {
      value.channels = channels.list
      const quiet = await quietTime(bench, channels, QUIET_MILLISECONDS, about('quiet'))
      value.quiet = quiet
      const first = api ? await bench.perform(api.read, {}) : null
      const logIn = async (id: string) => {
        const at = bench.now()
        const event = await loggedIn(door, right)
        value.events.push({ id, what: 'accepted', at, sourceAddress: event.exchange?.sourceAddress ?? '', ...event })
        await bench.wait(BETWEEN_MILLISECONDS, about('between'))
      }
      await logIn('accepted-1')
      const before = api ? await bench.perform(api.read, {}) : null
      if (bench.signal.aborted) return unanswered('lab', 'cancelled')
      await restart(bench, reboot, door.endpoint, value)
      if (value.closed !== null && value.open === null) {
        if (!bench.signal.aborted) return { ...unanswered('device', 'did-not-come-back'), partial: value }
        return unanswered('lab', 'cancelled')
      }
      await untilAnswering(bench, door, right)
      await logIn('accepted-2')
      const last = value.events.at(-1)?.at ?? 0
      await untilRecorded(bench, channels, last, AFTER_LAST_MILLISECONDS, about('late'))
      value.until = bench.now()
      if (api && first && before) value.api = { first, before, after: await bench.perform(api.read, {}) }
      const arrived = channels.since(quiet.from).filter((r) => r.at <= (value.until ?? 0))
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

/** Asks for the reboot and watches the door: closed, and open again. */
async function restart(bench: Bench, reboot: Action, to: Endpoint, value: RebootLog): Promise<void> {
  bench.progress(about('rebooting'))
  const at = bench.now()
  const exchange = await bench.perform(reboot, {})
  const user = reboot.account === undefined ? '' : bench.credential(reboot.account).user
  const confirmed = tookEffect(reboot, exchange)
  value.events.push({
    ...NOTHING,
    id: 'reboot-1',
    what: 'reboot',
    at,
    user,
    sourceAddress: exchange.sourceAddress,
    exchange,
    confirmed,
  })
  value.closed = await until(bench, to, false, LONGEST_TO_CLOSE_MS)
  if (value.closed !== null) value.open = await until(bench, to, true, bootSecondsOf(bench.statement) * 1000)
}

/** When the door was first found open, or closed, or with a proxy speaking for the device; null where it was not in that time. */
async function until(bench: Bench, to: Endpoint, wanted: boolean, milliseconds: number): Promise<number | null> {
  const end = bench.now() + milliseconds * 1000
  for (let n = 1; bench.now() < end && !bench.signal.aborted; n++) {
    const at = bench.now()
    const isAsked = wanted || n % ASK_EVERY === 0
    const state: DoorState = isAsked ? await doorState(bench, to) : (await isOpen(bench, to)) ? 'open' : 'closed'
    if ((state === 'open') === wanted && (state !== 'away' || (await isStillAway(bench, to)))) return at
    await bench.wait(state === 'away' ? STILL_MS : POLL_MS, about(wanted ? 'waiting-open' : 'waiting-closed'))
  }
  return null
}

async function isStillAway(bench: Bench, to: Endpoint): Promise<boolean> {
  await bench.wait(STILL_MS, about('waiting-closed'))
  return (await doorState(bench, to)) !== 'open'
}

/** An open door is no service yet: the right password is asked for until it is answered as before. */
async function untilAnswering(bench: Bench, door: Door, right: Parameters<Door['ask']>[0]): Promise<void> {
  for (let i = 0; i < 30 && !bench.signal.aborted; i++) {
    if (wereAccepted([await door.ask(right)])) return
    await bench.wait(1_000, about('waiting-open'))
  }
}
