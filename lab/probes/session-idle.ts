import { randomBytes } from 'node:crypto'
import { outcomeBeside } from '../../suites/facts/session.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { sessionServices } from '../../suites/observations/log-ins.ts'
import { kind, type Rested, type SessionIdle } from '../../suites/observations/session-idle.ts'
import type { Asked } from '../instruments/conversation.ts'
import { nothing, type Holding } from '../instruments/session-parts.ts'
import { sessionWalk } from '../instruments/session-walk.ts'
import { defineProbe } from '../probe.ts'
import { placeOf, unanswered } from './log-in-place.ts'
import { toldOf, valuesOf } from './session-values.ts'

/** Longer ones are not waited for. */
const LONGEST_S = 1_800
/** A device may look for idle sessions now and then only. */
const LEAST_MARGIN_S = 1
const LONGEST_MARGIN_S = 60
/** So often the used one is asked in within the declared time. */
const USES = 4

/** The declared time and what a device may take longer. */
const waitOf = (idleSeconds: number): number =>
  idleSeconds + Math.min(LONGEST_MARGIN_S, Math.max(LEAST_MARGIN_S, Math.ceil(idleSeconds / 10)))

/** Logs in three times, leaves two sessions alone and uses the third one, and looks once whether each still works. */
export const probe = defineProbe<SessionIdle>({
  id: 'session-idle',
  version: '1.0.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 7,
  states: ['in-service'],
  seconds(statement) {
    const waits = sessionServices(statement).map(({ service }) => service.session?.idleSeconds ?? 0)
    return statement.samples.length * waits.filter((s) => s <= LONGEST_S).reduce((sum, s) => sum + waitOf(s), 0)
  },
  async run(bench, subject) {
    const place = placeOf(bench, subject, 'http', 'session-idle')
    if (!('to' in place)) return place
    const { login, service, account, to } = place
    const { session } = service
    if (!session) return unanswered('operator', 'session-idle.no-such-login', { login: login.id })
    const { idleSeconds } = session
    if (idleSeconds === undefined) return unanswered('operator', 'session-idle.not-declared', { service: service.id })
    if (session.browser) return unanswered('lab', 'session-idle.in-browser', { login: login.id })
    if (idleSeconds > LONGEST_S)
      return unanswered('lab', 'session-idle.too-long', { seconds: idleSeconds, longest: LONGEST_S })

    const walk = sessionWalk(bench, to, session, bench.credential(account.id))
    const asked: Asked = { method: login.method ?? 'GET', target: login.target }
    const tokenName = session.token?.header ?? session.token?.query ?? 'token'
    const key = randomBytes(32)
    const begin = async () => {
      const holding = nothing()
      const entry = await walk.enter(holding)
      return { holding, begun: { entry, gave: toldOf(valuesOf(holding, tokenName), key) } }
    }
    const ask = (holding: Holding): Promise<Exchange> => walk.ask(asked, holding)
    const about = { code: 'session-idle.resting', values: { seconds: waitOf(idleSeconds) } }
    /** Until so many seconds after a moment; false where the run is cancelled. */
    const until = async (from: number, seconds: number): Promise<boolean> =>
      await bench.wait(Math.max(0, (from - bench.now()) / 1000 + seconds * 1000), about)
    const cancelled = unanswered('lab', 'session-idle.cancelled', { login: login.id })

    const anonymous = await ask(nothing())
    // Every session is opened when all have begun: a device that keeps few has put the first away by then.
    const [used, half, idle] = [await begin(), await begin(), await begin()]
    const opened = { half: await ask(half.holding), idle: await ask(idle.holding), used: await ask(used.holding) }
    const from = bench.now()
    const looks: Exchange[] = []
    let halfLook: Exchange | null = null
    for (let n = 1; n * (idleSeconds / USES) < waitOf(idleSeconds); n++) {
      if (!(await until(from, n * (idleSeconds / USES)))) return cancelled
      looks.push(await ask(used.holding))
      if (n === USES / 2) halfLook = await ask(half.holding)
    }
    if (!(await until(from, waitOf(idleSeconds)))) return cancelled
    const idleLook = await ask(idle.holding)
    looks.push(await ask(used.holding))
    const outcome = outcomeBeside(opened.idle, anonymous)
    for (const { holding } of [half, idle, used]) await walk.leave(holding)

    let alone: Rested | null = null
    if (outcome(idleLook) === 'granted') {
      const one = await begin()
      const first = await ask(one.holding)
      if (!(await until(bench.now(), waitOf(idleSeconds)))) return cancelled
      alone = { ...one.begun, opened: first, look: await ask(one.holding) }
      await walk.leave(one.holding)
    }
    if (halfLook === null || bench.signal.aborted) return cancelled
    const { exchange: hide } = walk.hider()
    const entryOf = ({ begun }: typeof idle) => ({ ...begun, entry: begun.entry.map(hide) })
    const { family, port, tls } = to
    const value: SessionIdle = {
      ...{ family, port, tls, target: login.target, idleSeconds, anonymous: hide(anonymous) },
      half: { ...entryOf(half), opened: hide(opened.half), look: hide(halfLook) },
      idle: { ...entryOf(idle), opened: hide(opened.idle), look: hide(idleLook) },
      used: { ...entryOf(used), opened: hide(opened.used), looks: looks.map(hide) },
      alone: alone && {
        ...alone,
        entry: alone.entry.map(hide),
        opened: hide(alone.opened),
        look: hide(alone.look),
      },
    }
    return { answered: true, value, controls: [], artifacts: [] }
  },
})
