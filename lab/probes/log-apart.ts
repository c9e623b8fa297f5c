import { offsetOf, STEP_SECONDS } from '../../suites/facts/time-sync.ts'
import { speaksOfChange } from '../../suites/facts/log-changes.ts'
import { newEntries, readLog } from '../../suites/facts/log-entries.ts'
import { awayFrom, canBeChanged, declaresClock } from '../../suites/observations/log-actions.ts'
import type { ApartWhat, LoggedApart } from '../../suites/observations/log-apart.ts'
import type { Action, Family, Reading } from '../../suites/statement.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { read } from '../actions.ts'
import { tookEffect } from '../effect.ts'
import type { Bench, Undo } from '../probe.ts'
import { storable, undoOf, type LogChannels } from '../services/log-channels.ts'
import type { Door } from './login-door.ts'

/** A record is there within this, or the lab logs in to see whether the logs work, and waits for late ones. */
const TOLD_MS = 600
const LOOK_MS = 50
/** Several records may speak of one change. */
const MORE_MS = 100
const CONTROL_MS = 2_500

const about = (key: string) => ({ code: `event-log.${key}`, values: {} })

/** An event; of a change also what takes it back, and what shows it. */
interface Change {
  what: ApartWhat
  channel: string
  action: Action
  values: Record<string, string>
  undo: Undo | null
  current: Reading | null
}

interface Watched {
  bench: Bench
  door: Door
  account: string
  channels: LogChannels
  family: Family
  subject: string
}

/** The log is taken out, the clock set ahead, a log server taken away, one after the other; each is put back before the next. */
export async function causeApart(watched: Watched): Promise<LoggedApart[]> {
  const { bench, subject } = watched
  const seen: LoggedApart[] = []
  for (const find of [logOut, clockAhead, serverAway]) {
    if (bench.signal.aborted) break
    const change = await find(watched)
    if (!change) continue
    bench.progress(about(`doing-${change.what}`))
    const id = `event-log/${subject}/${change.what}`
    try {
      const one = await watch(watched, change, id)
      if (one) seen.push(one)
    } finally {
      await bench.undo(id)
    }
  }
  return seen
}

/** All of the device's own log, as whoever keeps it would ask for it. */
function logOut({ bench }: Watched): Promise<Change | null> {
  const action = bench.statement.logging.api?.export
  return Promise.resolve(
    action ? { what: 'log-export', channel: '', action, values: {}, undo: null, current: null } : null,
  )
}

/** Minutes ahead of where it stands; a clock that does not say its zone could not be put back. */
async function clockAhead({ bench }: Watched): Promise<Change | null> {
  const { clock } = bench.statement.actions
  const offset = clock && declaresClock(bench.statement) ? offsetOf(await read(bench, clock.current)) : null
  if (!clock || !offset || offset.isLocal) return null
  const stands = Math.round((offset.least + offset.most) / 2)
  const shift = (milliseconds: number) => ({ 'time-shift': String(milliseconds) })
  return {
    what: 'clock',
    channel: '',
    action: clock.set,
    values: shift(stands + STEP_SECONDS * 1000),
    undo: { action: clock.restore ?? clock.set, values: shift(stands) },
    current: clock.current,
  }
}

/**
 * The first channel that was pointed at the lab and can be taken away from it. It comes last: taken back is how it was found,
 * for a way back to the lab that is carried out late would leave the device there.
 */
function serverAway({ bench, channels }: Watched): Promise<Change | null> {
  const pointed = new Set(channels.list.filter((c) => c.receiving && c.enable !== null).map((c) => c.id))
  const channel = bench.statement.logging.channels.find((c) => pointed.has(c.id) && canBeChanged(c))
  const action = channel && awayFrom(channel)
  if (!channel?.enable || !channel.current || !action) return Promise.resolve(null)
  const undo = undoOf(channel, channels.list.find((c) => c.id === channel.id)?.before ?? null)
  return Promise.resolve({
    what: 'log-setting',
    channel: channel.id,
    action,
    values: {},
    undo,
    current: channel.current,
  })
}

/** Makes the change and looks at every log until one tells of it; where none does, a log-in shows whether they work. */
async function watch(watched: Watched, change: Change, id: string): Promise<LoggedApart | null> {
  const { bench, door, account, channels } = watched
  const { what, channel, action } = change
  const own = bench.statement.logging.api?.read
  const readOwn = async (): Promise<Exchange | null> => (own ? await bench.perform(own, {}) : null)
  const readCurrent = async (): Promise<LoggedApart['before']> => change.current && (await read(bench, change.current))
  const before = await readCurrent()
  const first = await readOwn()
  const at = bench.now()
  let made: Exchange | null = null
  const make = async (): Promise<void> => {
    made = await bench.perform(action, change.values)
  }
  await (change.undo ? bench.change(id, about(`doing-${what}`), change.undo, make) : make())
  const exchange = made as Exchange | null
  if (!exchange) return null
  const after = await readCurrent()
  const isTold = (): boolean =>
    channels.since(at).some((r) => speaksOfChange(what, Buffer.from(r.bytes).toString('latin1')))
  const end = channels.list.some((c) => c.receiving) ? at + TOLD_MS * 1000 : 0
  while (bench.now() < end && !isTold()) if (!(await bench.wait(LOOK_MS, about('late')))) break
  await bench.wait(MORE_MS, about('late'))
  const second = await readOwn()
  const gained = newEntries((first && readLog(first)?.entries) ?? [], (second && readLog(second)?.entries) ?? [])
  let control: LoggedApart['control'] = null
  if (!isTold() && !gained.some((entry) => speaksOfChange(what, entry))) {
    const login = await door.ask(bench.credential(account))
    await bench.wait(CONTROL_MS, about('late'))
    control = { login, later: await readOwn() }
  }
  const until = bench.now()
  return {
    what,
    at,
    user: action.account === undefined ? '' : bench.credential(action.account).user,
    sourceAddress: exchange.sourceAddress,
    channel,
    exchange,
    confirmed: tookEffect(action, exchange),
    before,
    after,
    api: first && second && { before: first, after: second },
    control,
    until,
    ...storable(
      bench,
      channels.since(at).filter((r) => r.at <= until),
    ),
  }
}
