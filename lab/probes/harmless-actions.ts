import { declaresPasswordOfOthers, wordingOf } from '../../suites/observations/log-actions.ts'
import type { Action } from '../../suites/statement.ts'
import { read } from '../actions.ts'
import type { Bench, Credential } from '../probe.ts'

export interface Harmless {
  id: string
  action: Action
  done: string
  /** Placeholder values. */
  values: Record<string, string>
}

/** A value in which a secret was covered is not the one that the device has. */
export const isHidden = (value: string): boolean => /\{secret:|\*{3}/.test(value)

/** Log settings as they are, where the statement says how the answer shows that they were set. */
export const logSettings = ({ statement }: Bench): Harmless[] =>
  statement.logging.channels.flatMap(({ id, restore }): Harmless[] =>
    restore?.done !== undefined && restore.account !== undefined && !wordingOf(restore).includes('{{')
      ? [{ id: `log setting ${id}`, action: restore, done: restore.done, values: {} }]
      : [],
  )

/** The password that an account has already, set by somebody else. */
export function samePassword({ statement }: Bench, { user, password }: Credential): Harmless[] {
  const change = statement.actions.changePassword
  return change?.done !== undefined && change.account !== undefined && declaresPasswordOfOthers(change)
    ? [
        {
          id: 'password of somebody else',
          action: change,
          done: change.done,
          values: { user, 'new-password': password },
        },
      ]
    : []
}

/** Declared settings with the value that the device tells at present; none where it is not told, or is a secret. */
export async function sameSettings(bench: Bench): Promise<Harmless[]> {
  const { setting, time } = bench.statement.actions
  const found: Harmless[] = []
  for (const [id, declared] of [['setting', setting] as const, ['time setting', time] as const]) {
    const { done, account } = declared?.change ?? {}
    if (!declared || done === undefined || account === undefined) continue
    const { text } = await read(bench, declared.current)
    if (text !== null && !isHidden(text)) found.push({ id, action: declared.change, done, values: { value: text } })
  }
  return found
}
