import { childOf, type XmlElement } from '../../../suites/facts/xml.ts'
import { addAccount, changeAccount, removeAccount, type AccountFault } from '../accounts.ts'
import type { Answer } from '../api.ts'
import type { Role } from '../options.ts'
import type { OperationRequest, Operations } from './operation.ts'
import { content, escape, sender } from './soap.ts'

/** User handling of the device service: the accounts of the web interface, by the levels of ONVIF. */

const LEVELS: Readonly<Record<string, Role>> = { Administrator: 'admin', User: 'viewer' }
const levelOf = (role: Role): string => (role === 'admin' ? 'Administrator' : 'User')

const FAULTS: Record<AccountFault, [subcodes: string[], reason: string]> = {
  'bad-name': [['OperationProhibited', 'UsernameTooLong'], '1 to 32 letters, digits, . _ -'],
  'bad-password': [['OperationProhibited', 'Password'], 'too weak a password'],
  exists: [['OperationProhibited', 'UsernameClash'], 'the user exists'],
  'too-many': [['OperationProhibited', 'TooManyUsers'], 'too many users'],
  unknown: [['InvalidArgVal', 'UsernameMissing'], 'no such user'],
  own: [['InvalidArgVal', 'FixedUser'], 'nobody takes the own rights away'],
}

const textOf = (element: XmlElement, name: string): string => childOf(element, name)?.text.trim() ?? ''

/** Users one after another; the first that cannot be had ends it. */
function each(
  { element }: OperationRequest,
  list: string,
  work: (item: XmlElement) => AccountFault | Answer | null,
): Answer {
  const items = element.children.filter((child) => child.name === list)
  if (items.length === 0) return sender(['InvalidArgs'], `no ${list}`)
  for (const item of items) {
    const found = work(item)
    if (typeof found === 'string') return sender(...FAULTS[found])
    if (found !== null) return found
  }
  return content(`<tds:${element.name}Response/>`)
}

const BAD_LEVEL = sender(['OperationProhibited', 'InvalidUserLevel'], 'Administrator or User')

/** Users with a name, a password and a level. */
const eachUser = (request: OperationRequest, write: typeof addAccount | typeof changeAccount): Answer =>
  each(request, 'User', (item) => {
    const role = LEVELS[textOf(item, 'UserLevel')]
    if (role === undefined) return BAD_LEVEL
    const account = { name: textOf(item, 'Username'), password: childOf(item, 'Password')?.text ?? '', role }
    return write(request.device, request.actor, account)
  })

export const USER_OPERATIONS: Operations = {
  GetUsers: {
    access: 'admin',
    run: ({ device }) => {
      const users = device.store.state.users.map(
        ({ name, role }) =>
          `<tds:User><tt:Username>${escape(name)}</tt:Username><tt:UserLevel>${levelOf(role)}</tt:UserLevel></tds:User>`,
      )
      return content(`<tds:GetUsersResponse>${users.join('')}</tds:GetUsersResponse>`)
    },
  },
  CreateUsers: { access: 'admin', run: (request) => eachUser(request, addAccount) },
  SetUser: { access: 'admin', run: (request) => eachUser(request, changeAccount) },
  DeleteUsers: {
    access: 'admin',
    run: (request) =>
      each(request, 'Username', (item) => removeAccount(request.device, request.actor, item.text.trim())),
  },
}
