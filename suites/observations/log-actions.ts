import type { Action, Statement } from '../statement.ts'

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
