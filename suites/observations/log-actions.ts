import type { Action, LogChannel, Statement } from '../statement.ts'

/** What of a statement makes log events possible; the same for who causes them and who judges them. */

export const declaresLog = ({ logging }: Statement): boolean => logging.channels.length > 0 || logging.api !== undefined

export const declaresSetting = ({ actions }: Statement): boolean =>
  actions.setting !== undefined || actions.time !== undefined

/** Every text of an action in which a placeholder may stand. */
export const wordingOf = ({ target, body = '', browser = [] }: Action): string =>
  `${target} ${body} ${JSON.stringify(browser)}`

/** A way to set a password that says whose it is. */
export const declaresPasswordOfOthers = (action: Action): boolean => wordingOf(action).includes('{{user}}')

export const declaresAccounts = ({ actions, accounts }: Statement): boolean =>
  (actions.addAccount !== undefined && actions.removeAccount !== undefined) ||
  (actions.changePassword !== undefined &&
    declaresPasswordOfOthers(actions.changePassword) &&
    accounts.some(
      (a) => a.spare === true && a.id !== actions.changePassword?.account && a.password.published === undefined,
    ))

/** What ends the sending to a log server without naming the lab: switching it off, or the server from before. */
export const awayFrom = ({ disable, restore }: LogChannel): Action | null =>
  [disable, restore].find((a) => a !== undefined && !wordingOf(a).includes('{{lab-')) ?? null

/** A log server that the lab can take away, put back, and read how it is set. */
export const canBeChanged = (channel: LogChannel): boolean =>
  channel.enable !== undefined && channel.current !== undefined && awayFrom(channel) !== null

export const declaresLogSetting = ({ logging }: Statement): boolean => logging.channels.some(canBeChanged)

export const declaresLogExport = ({ logging }: Statement): boolean => logging.api?.export !== undefined

export const declaresClock = ({ actions }: Statement): boolean =>
  actions.clock !== undefined && wordingOf(actions.clock.set).includes('{{time')
