import type { Exchange } from '../../suites/observations/exchange.ts'
import type { LogEvent } from '../../suites/observations/event-log.ts'
import { declaresPasswordOfOthers } from '../../suites/observations/log-actions.ts'
import type { Action, Setting } from '../../suites/statement.ts'
import { read } from '../actions.ts'
import { tookEffect } from '../effect.ts'
import type { Bench, Credential } from '../probe.ts'
import type { Door } from './login-door.ts'

/** Changes that the lab makes so that there is something to record. Each has its undo in the journal beforehand. */

const about = (key: string) => ({ code: `event-log.${key}`, values: {} })

/** A change as an event, and the name under which it is taken back. */
export interface Made {
  id: string
  event: Pick<LogEvent, 'user' | 'word' | 'value' | 'before' | 'after' | 'exchange' | 'confirmed' | 'check'>
}

const userOf = (bench: Bench, action: Action): string =>
  action.account === undefined ? '' : bench.credential(action.account).user

/** Sets a value; nothing is done where the present one cannot be read, for then it could not be put back. */
export async function changeSetting(
  bench: Bench,
  { change, current, value }: Setting,
  id: string,
  word: string,
): Promise<Made | null> {
  const { text: before } = await read(bench, current)
  const wanted = value ?? word
  if (before === null || before === wanted || before.includes('{secret:')) return null
  let exchange: Exchange | null = null
  await bench.change(id, about('changing-setting'), { action: change, values: { value: before } }, async () => {
    exchange = await bench.perform(change, { value: wanted })
  })
  const after = (await read(bench, current)).text
  const made = exchange as Exchange | null
  return {
    id,
    event: {
      user: userOf(bench, change),
      word: value === undefined ? word : '',
      value: wanted,
      before,
      after,
      exchange: made,
      confirmed: made !== null && tookEffect(change, made),
      check: null,
    },
  }
}

/** Makes an account with a random name and the fewest rights. */
export async function addAccount(
  bench: Bench,
  door: Door,
  id: string,
  word: string,
): Promise<(Made & { credential: Credential }) | null> {
  const { addAccount: add, removeAccount: remove } = bench.statement.actions
  if (!add || !remove) return null
  const credential = { ...(await bench.freshSecret(`added ${id}`)), user: word }
  let exchange: Exchange | null = null
  await bench.change(id, about('adding-account'), { action: remove, values: { user: word } }, async () => {
    exchange = await bench.perform(add, { user: word, 'new-password': credential.password })
  })
  const made = exchange as Exchange | null
  const confirmed = made !== null && tookEffect(add, made)
  const check = await checkOf(door, add, credential)
  const event = { user: userOf(bench, add), word, value: word, before: null, after: null, exchange: made, confirmed }
  return { id, credential, event: { ...event, check } }
}

/** Takes the account away again, as its undo says. */
export async function removeAccount(
  bench: Bench,
  door: Door,
  { id, credential, event }: Made & { credential: Credential },
): Promise<Made['event']> {
  const remove = bench.statement.actions.removeAccount
  const confirmed = await bench.undo(id)
  const check = remove ? await checkOf(door, remove, credential) : null
  const user = remove ? userOf(bench, remove) : event.user
  return { ...event, user, exchange: null, confirmed, check }
}

/**
 * Gives the spare account another password, where the statement's way to do it names whose password it is. First its own
 * once more: a device that takes no password twice would not take it back either.
 */
export async function changePassword(bench: Bench, door: Door, id: string): Promise<Made | null> {
  const action = bench.statement.actions.changePassword
  const spare = bench.statement.accounts.find((a) => a.spare === true && a.id !== action?.account)
  if (!action || !spare || !declaresPasswordOfOthers(action)) return null
  const old = bench.credential(spare.id)
  if (old.published) return null
  const isTakenBack = tookEffect(action, await bench.perform(action, { user: old.user, 'new-password': old.password }))
  if (!isTakenBack) return null
  const fresh = { ...(await bench.freshSecret(`changed ${id}`)), user: old.user }
  const undo = { action, values: { user: old.user, 'new-password': `secret:${old.secret}` } }
  let exchange: Exchange | null = null
  await bench.change(id, about('changing-password'), undo, async () => {
    exchange = await bench.perform(action, { user: old.user, 'new-password': fresh.password })
  })
  const made = exchange as Exchange | null
  const confirmed = made !== null && tookEffect(action, made)
  const event = { user: userOf(bench, action), word: '', value: old.user, before: null, after: null, exchange: made }
  return { id, event: { ...event, confirmed, check: await checkOf(door, action, fresh) } }
}

/** Where the statement does not say how an answer shows that it was done, a log-in shows it. */
const checkOf = (door: Door, action: Action, credential: Credential): Promise<Exchange | null> =>
  action.done === undefined ? door.ask(credential) : Promise.resolve(null)
