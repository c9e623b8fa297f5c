import { outcomeBeside } from '../../suites/facts/session.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { sessionServices } from '../../suites/observations/log-ins.ts'
import { declaresPasswordOfOthers } from '../../suites/observations/log-actions.ts'
import { kind, type SessionPasswordChange } from '../../suites/observations/session-password-change.ts'
import { tookEffect } from '../effect.ts'
import type { Asked } from '../instruments/conversation.ts'
import { copyOf, nothing, type Holding } from '../instruments/session-parts.ts'
import { sessionWalk } from '../instruments/session-walk.ts'
import { defineProbe, type Credential } from '../probe.ts'
import { placeOf, unanswered } from './log-in-place.ts'

/** A device may take a moment to put its sessions away. */
const MOMENT_MS = 500
const MOMENTS = 6

/** Begins a session of the spare account, changes its password as the administrator, asks in the session, and puts the password back. */
export const probe = defineProbe<SessionPasswordChange>({
  id: 'session-password-change',
  version: '1.0.0',
  kind,
  tier: 'W',
  grade: 'disruptive',
  order: 5,
  states: ['in-service'],
  seconds: (statement) => 5 * statement.samples.length * sessionServices(statement).length,
  async run(bench, subject) {
    const place = placeOf(bench, subject, 'http', 'session-password-change')
    if (!('to' in place)) return place
    const { login, service, to } = place
    const { session } = service
    if (!session) return unanswered('operator', 'session-password-change.no-such-login', { login: login.id })
    if (session.browser) return unanswered('lab', 'session-password-change.in-browser', { login: login.id })
    const { actions, accounts } = bench.statement
    const action = actions.changePassword
    const spare = place.account.spare === true ? place.account : accounts.find((a) => a.spare === true)
    if (!action || !spare) return unanswered('operator', 'session-password-change.no-spare')
    if (action.account === spare.id || !declaresPasswordOfOthers(action))
      return unanswered('operator', 'session-password-change.only-own')

    const old = bench.credential(spare.id)
    const set = (password: string): Promise<Exchange> =>
      bench.perform(action, { user: old.user, 'new-password': password })
    // What the device does not take again could not be put back.
    const same = await set(old.password)
    if (same.failure?.code === 'lab')
      return unanswered('lab', 'session-password-change.not-made', { account: spare.id, detail: same.failure.detail })
    if (!tookEffect(action, same))
      return unanswered('operator', 'session-password-change.own-not-settable', { account: spare.id })

    const asked: Asked = { method: login.method ?? 'GET', target: login.target }
    const secrets = new Set<string>()
    const walk = sessionWalk(bench, to, session, old, secrets)
    const anonymous = await walk.ask(asked, nothing())
    const holding = nothing()
    const entry = await walk.enter(holding)
    const opened = await walk.ask(asked, holding)
    const visit = { service: service.id, method: 'GET' as const, target: login.target }
    const other = action.account === undefined ? null : await bench.perform({ ...visit, account: action.account }, {})
    const sent = copyOf(holding)
    const before = await walk.ask(asked, holding)
    const isReplaced = [...holding.cookies].some(([name, value]) => sent.cookies.get(name) !== value)
    const held = isReplaced ? [sent, copyOf(holding)] : [sent]
    const ask = async (): Promise<Exchange[]> => {
      const answers: Exchange[] = []
      for (const one of held) answers.push(await walk.ask(asked, copyOf(one)))
      return answers
    }

    const outcome = outcomeBeside(opened, anonymous)
    const id = `session-password-change ${subject}`
    const undo = { action, values: { user: old.user, 'new-password': `secret:${old.secret}` } }
    const fresh: Credential = { ...(await bench.freshSecret(`${spare.id}-session-${bench.sample.id}`)), user: old.user }
    type Seen = Pick<SessionPasswordChange, 'change' | 'looks' | 'nobody' | 'fresh'>
    const seen: Seen[] = []
    const about = { code: 'session-password-change.changed', values: { account: spare.id } }
    await bench.change(id, about, undo, async () => {
      const change = await set(fresh.password)
      const looks = [await ask()]
      const isOpen = (): boolean => looks.at(-1)?.some((one) => outcome(one) !== 'refused') === true
      const moment = { code: 'session-password-change.moment', values: {} }
      while (isOpen() && looks.length <= MOMENTS && (await bench.wait(MOMENT_MS, moment))) looks.push(await ask())
      const nobody = await walk.ask(asked, nothing())
      // Only then: a device that keeps one session for a user would end the old one by itself.
      const anew = sessionWalk(bench, to, session, fresh, secrets)
      const own: Holding = nothing()
      const rounds = await anew.enter(own)
      const inside = await anew.ask(asked, own)
      await anew.leave(own)
      seen.push({ change, looks, nobody, fresh: { entry: rounds, opened: inside } })
    })
    await bench.undo(id)
    const [then] = seen
    if (!then || bench.signal.aborted) return unanswered('lab', 'session-password-change.cancelled')
    const { exchange: hide } = walk.hider()
    const { family, port, tls } = to
    const value: SessionPasswordChange = {
      ...{ family, port, tls, target: login.target, account: spare.id, user: old.user },
      idleSeconds: session.idleSeconds ?? null,
      ...{ anonymous: hide(anonymous), entry: entry.map(hide), opened: hide(opened), other: other && hide(other) },
      ...{ before: hide(before), change: hide(then.change), looks: then.looks.map((l) => l.map(hide)) },
      nobody: hide(then.nobody),
      fresh: { entry: then.fresh.entry.map(hide), opened: hide(then.fresh.opened) },
    }
    return { answered: true, value, controls: [], artifacts: [] }
  },
})
