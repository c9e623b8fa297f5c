import { answerOf } from '../../suites/facts/answer.ts'
import { alike, looksGranted } from '../../suites/facts/likeness.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { declaresPasswordOfOthers } from '../../suites/observations/log-actions.ts'
import { loginsOver } from '../../suites/observations/log-ins.ts'
import { kind, type PasswordRules } from '../../suites/observations/password-rules.ts'
import type { Statement } from '../../suites/statement.ts'
import { tookEffect } from '../effect.ts'
import { defineProbe, type Bench, type Credential } from '../probe.ts'
import { clientAt, endpointOfService, unanswered } from './log-in-place.ts'
import { candidatesFor } from './password-candidates.ts'

const USUAL_FAILURES = 5
const USUAL_WINDOW_S = 30
const LONGEST_WINDOW_S = 120

/** Sets passwords that break one rule each for the spare account, as the administrator, and puts its own one back. */
export const probe = defineProbe<PasswordRules>({
  id: 'password-rules',
  version: '1.0.0',
  kind,
  tier: 'W',
  grade: 'disruptive',
  order: 5,
  failsLogins: true,
  states: ['in-service'],
  seconds: (statement) => 10 + Math.min(limitOf(statement).window, LONGEST_WINDOW_S),
  async run(bench) {
    const { statement } = bench
    const action = statement.actions.changePassword
    const spare = statement.accounts.find((a) => a.spare === true)
    if (!action || !spare) return unanswered('operator', 'password-rules.no-spare')
    if (action.account === spare.id || !declaresPasswordOfOthers(action))
      return unanswered('operator', 'password-rules.only-own')
    const found = loginsOver(statement, 'http').find((l) => l.account.id === spare.id)
    const login = found ?? loginsOver(statement, 'http')[0]
    const to = login && endpointOfService(bench, login.service)
    if (!login || !to) return unanswered('operator', 'password-rules.no-log-in', { account: spare.id })

    const { target } = login.login
    const ask = async (credential?: Credential): Promise<Exchange> => {
      const client = clientAt(bench, to, 'http')
      const exchange = await client.send({ method: 'GET', target, ...(credential ? { credential } : {}) })
      client.close()
      return exchange
    }
    const own = bench.credential(spare.id)
    const anonymous = await ask()
    const before = await ask(own)
    if (!looksGranted(answerOf(before)))
      return unanswered('operator', 'password-rules.spare-does-not-log-in', { account: spare.id })
    const isGranted = (e: Exchange): boolean => alike(answerOf(e), answerOf(before), answerOf(anonymous)) === 'granted'
    const set = (password: string): Promise<Exchange> =>
      bench.perform(action, { user: own.user, 'new-password': password })

    // A password that breaks the device's own rules could not be put back.
    const same = await set(own.password)
    if (same.failure?.code === 'lab')
      return unanswered('lab', 'password-rules.not-made', { account: spare.id, detail: same.failure.detail })
    if (!tookEffect(action, same))
      return unanswered('operator', 'password-rules.own-not-settable', { account: spare.id })
    const id = `password-rules ${bench.sample.id}`
    const undo = { action, values: { user: own.user, 'new-password': `secret:${own.secret}` } }
    const good: Credential = { ...(await bench.freshSecret(`${spare.id}-rules-${bench.sample.id}`)), user: own.user }
    const tries: PasswordRules['tries'] = []
    let control: PasswordRules['control'] | null = null
    let complete = false
    await bench.change(id, { code: 'password-rules.changed', values: { account: spare.id } }, undo, async () => {
      control = { change: await set(good.password), login: await ask(good) }
      if (isGranted(control.login)) complete = await tryAll(bench, own.user, good, { set, ask, isGranted, tries })
    })
    await bench.undo(id)
    const after = await ask(own)
    if (control === null) return unanswered('lab', 'password-rules.cancelled')
    const { family, port, tls } = to
    const place = { family, port, tls, target, account: spare.id, user: own.user }
    return {
      answered: true,
      value: { ...place, anonymous, before, control, tries, after, complete },
      controls: [],
      artifacts: [],
    }
  },
})

interface Trying {
  set(password: string): Promise<Exchange>
  ask(credential: Credential): Promise<Exchange>
  isGranted(exchange: Exchange): boolean
  tries: PasswordRules['tries']
}

/**
 * A candidate that is refused costs no failed log-in: the password from before still works. One that is taken costs one;
 * before these could lock the account, they are let be forgotten. False where it had to stop early.
 */
async function tryAll(bench: Bench, user: string, good: Credential, on: Trying): Promise<boolean> {
  const { failures, window } = limitOf(bench.statement)
  let works = good
  let failed = 0
  for (const candidate of candidatesFor(user, bench.catalogue('common-passwords'))) {
    if (bench.signal.aborted) return false
    if (failed >= failures - 1) {
      if (window > LONGEST_WINDOW_S) return false
      const about = { code: 'password-rules.forgetting', values: { seconds: window + 1 } }
      if (!(await bench.wait((window + 1) * 1000, about))) return false
      failed = 0
    }
    const change = await on.set(candidate)
    const old = await on.ask(works)
    const credential: Credential = { user, password: candidate, secret: candidate, published: true }
    const now = on.isGranted(old) ? null : await on.ask(credential)
    on.tries.push({ candidate, change, old, now })
    if (now === null) continue
    if (!on.isGranted(now)) return false
    failed++
    works = credential
  }
  return true
}

/** The strictest protection that is declared. */
function limitOf({ bruteForce }: Statement): { failures: number; window: number } {
  const failures = bruteForce.flatMap((r) => r.failures ?? [])
  const windows = bruteForce.flatMap((r) => r.windowSeconds ?? [])
  return {
    failures: Math.max(2, failures.length > 0 ? Math.min(...failures) : USUAL_FAILURES),
    window: windows.length > 0 ? Math.max(...windows) : USUAL_WINDOW_S,
  }
}
