import type { Device } from './device.ts'
import type { Role } from './options.ts'
import { isGoodPassword, isUserName, makeUser } from './users.ts'

/** One list of accounts for every interface: what is changed over one holds over all. */

export type AccountFault = 'bad-name' | 'bad-password' | 'exists' | 'too-many' | 'unknown' | 'own'
/** For the log: who, from where, by what. */
export type Actor = Record<'user' | 'source' | 'interface', string>

export const MOST_USERS = 32

/** Whether the password keeps the rules, where there are any. */
export const isFit = ({ behaviour }: Device, password: string, name: string): boolean =>
  behaviour.passwordRules ? isGoodPassword(password, name) : password.length > 0

/** Null where the account has been made. */
export function addAccount(
  device: Device,
  actor: Actor,
  { name, password, role }: { name: string; password: string; role: Role },
): AccountFault | null {
  const { store, log } = device
  const { users, passwordKey } = store.state
  if (!isUserName(name)) return 'bad-name'
  if (!isFit(device, password, name)) return 'bad-password'
  if (users.some((one) => one.name === name)) return 'exists'
  if (users.length >= MOST_USERS) return 'too-many'
  store.change({ users: [...users, makeUser(name, password, role, passwordKey)] })
  log.write('user-added', { ...actor, target: name, role, ...leaked(device, password) })
  return null
}

/** A new password, and a new role where one is given; running sessions of the user end. */
export function changeAccount(
  device: Device,
  actor: Actor,
  { name, password, role }: { name: string; password: string; role?: Role },
): AccountFault | null {
  const { users, passwordKey } = device.store.state
  const target = users.find((one) => one.name === name)
  if (target === undefined) return 'unknown'
  if (role !== undefined && role !== target.role && name === actor.user) return 'own'
  if (!isFit(device, password, name)) return 'bad-password'
  const changed = makeUser(name, password, role ?? target.role, passwordKey)
  device.store.change({ users: users.map((one) => (one === target ? changed : one)) })
  if (device.behaviour.newPasswordEndsSessions) device.endSessionsOf(name)
  device.log.write('password-changed', { ...actor, target: name, ...leaked(device, password) })
  return null
}

export function removeAccount(device: Device, actor: Actor, name: string): AccountFault | null {
  const { users } = device.store.state
  if (!users.some((one) => one.name === name)) return 'unknown'
  if (name === actor.user) return 'own'
  device.store.change({ users: users.filter((one) => one.name !== name) })
  device.endSessionsOf(name)
  device.log.write('user-removed', { ...actor, target: name })
  return null
}

/** A weakness: what a record must never hold. */
const leaked = ({ behaviour }: Device, password: string): Record<string, string> =>
  behaviour.logsPasswords ? { password: Buffer.from(password, 'utf8').toString('base64') } : {}
