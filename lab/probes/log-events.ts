import { randomInt } from 'node:crypto'
import { hostileUser } from '../../suites/facts/log-forgery.ts'
import type { LogEvent } from '../../suites/observations/event-log.ts'
import type { Login } from '../../suites/statement.ts'
import type { Bench } from '../probe.ts'
import { addAccount, changePassword, changeSetting, removeAccount, type Made } from './log-changes.ts'
import type { Door } from './login-door.ts'

/** Events keep apart by this; those without a word of their own are told by what their records say. */
const BETWEEN_MILLISECONDS = 400
/** A device that locks after fewer is not given a log-in that fails on purpose. */
const LEAST_FAILURES = 3

const about = (key: string) => ({ code: `event-log.${key}`, values: {} })
/** Digits: letters could make a word that records are known by. */
const newWord = (): string => `cs${String(randomInt(10 ** 12)).padStart(12, '0')}`

/**
 * In order: a log-in; a setting and one of the clock; an account made, a password changed; a log-in whose user name tries
 * to forge a record; then everything put back, and a log-in. Putting back is a change too and may leave its own records.
 */
export async function causeEvents(
  bench: Bench,
  { login, door }: { login: Login; door: Door },
  subject: string,
): Promise<LogEvent[]> {
  const events: LogEvent[] = []
  const right = bench.credential(login.account)
  const source = bench.sources(door.endpoint.family)[0] ?? ''
  const undo: string[] = []
  const nameOf = (what: string): string => `event-log/${subject}/${what}`

  /** Causes one event, unless the run was cancelled or the statement does not say how. */
  const cause = async (what: LogEvent['what'], make: () => Promise<Made['event'] | null>): Promise<void> => {
    if (bench.signal.aborted) return
    bench.progress(about(`doing-${what}`))
    const at = bench.now()
    const event = await make()
    if (event === null) return
    const id = `${what}-${events.filter((e) => e.what === what).length + 1}`
    events.push({ id, what, at, sourceAddress: event.exchange?.sourceAddress ?? source, ...event })
    await bench.wait(BETWEEN_MILLISECONDS, about('between'))
  }
  const change = (what: LogEvent['what'], make: () => Promise<Made | null>): Promise<void> =>
    cause(what, async () => {
      const made = await make()
      if (made) undo.push(made.id)
      return made && made.event
    })

  await cause('accepted', () => loggedIn(door, right))
  for (const what of ['setting', 'time'] as const) {
    const setting = bench.statement.actions[what]
    if (setting) await change(what, () => changeSetting(bench, setting, nameOf(what), newWord()))
  }
  let added: Awaited<ReturnType<typeof addAccount>> = null
  await cause('account-added', async () => {
    added = await addAccount(bench, door, nameOf('account'), newWord())
    return added && added.event
  })
  await change('password-changed', () => changePassword(bench, door, nameOf('password')))
  if (isHarmless(bench, login)) await cause('injected', () => injected(bench, door, subject))
  for (const id of undo.reverse()) await bench.undo(id)
  const account = added as Awaited<ReturnType<typeof addAccount>>
  if (account) await cause('account-removed', () => removeAccount(bench, door, account))
  await cause('accepted', () => loggedIn(door, right))
  return events
}

/** An event that is a log-in has nothing more. */
export const NOTHING = { word: '', value: '', before: null, after: null, confirmed: false, check: null }

/** A log-in with the right password. */
export const loggedIn = async (
  door: Door,
  right: { user: string; password: string; secret: string; published: boolean },
): Promise<Made['event']> => ({
  ...NOTHING,
  user: right.user,
  exchange: await door.ask(right),
})

/** A log-in that fails, under a name that would forge a record where nobody encodes it. */
async function injected(bench: Bench, door: Door, subject: string): Promise<Made['event']> {
  const word = newWord()
  const user = hostileUser(word, newWord())
  const credential = { ...(await bench.freshSecret(`forged ${subject}`)), user }
  return { ...NOTHING, user: word, word, value: user, exchange: await door.ask(credential) }
}

/** One failure is far from the declared lock. */
function isHarmless({ statement }: Bench, login: Login): boolean {
  const rows = statement.bruteForce.filter(
    (b) => b.login === login.id || statement.logins.find((l) => l.id === b.login)?.service === login.service,
  )
  return rows.every((b) => (b.failures ?? LEAST_FAILURES) >= LEAST_FAILURES)
}
