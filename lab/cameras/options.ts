/** A log-in account of the factory configuration; it returns at a factory reset and sleeps until the set-up is done. */
export interface InitialUser {
  name: string
  password: string
  role: Role
  /** Declared as an account that the lab may lock. */
  spare?: boolean
}

export type Role = 'admin' | 'viewer'

export interface SyslogTarget {
  address: string
  port: number
  /** UDP where nothing is said. */
  transport?: 'tls'
}

export interface LockRule {
  failures: number
  windowSeconds: number
  lockSeconds: number
}

export interface CameraOptions {
  /** Every listener binds to these and to nothing else. */
  addresses: { ipv4: string; ipv6: string | null }
  /** 0 takes any free port. `http` only redirects to `https`; WS-Discovery (UDP) and SSH are on only where they have a port. */
  ports: { https: number; rtsp: number; http?: number; discovery?: number; ssh?: number }
  /** Ids of `weaknesses/`. */
  weaknesses: string[]
  /** Ids of `manners/`: how it is hard to test although it conforms. */
  manners?: string[]
  serial: string
  syslog: SyslogTarget | null
  /** Port of the lab's time server as the statement says it; 123 where nothing is said. The camera asks none until it is told to. */
  timePort?: number
  /** Port of the lab's mail server as the statement says it; it declares no mail where nothing is said. The camera sends none until it is told to. */
  mailPort?: number
  /** Port of the lab's update server as the statement says it; without one, the statement says nothing of updates from a server. */
  updatePort?: number
  /** Packages are brought by one request and installed by another one, and the statement says so. */
  stagedUpdates?: boolean
  lock: LockRule
  /** How long a reboot keeps every listener closed. */
  bootSeconds: number
  factoryFresh: boolean
  /** Password of `admin`; needed unless factory-fresh. */
  adminPassword?: string
  users?: InitialUser[]
  /** A log-in by form beside Digest: `/login` for people, `/api/session` for programs. */
  formLogin?: boolean
  /** A session ends when nothing was asked in it for so long, and the statement says so; ten minutes, undeclared, where nothing is said. */
  idleSeconds?: number
  /** Keeps users, settings, firmware, keys and log over a restart; what is found there wins over the options. */
  stateDirectory?: string
}

/** A fault of the options: a code, the field, and what was expected there. */
export interface OptionFault {
  code: 'option-invalid'
  field: string
  values: { expected: string }
}

type Check = (value: unknown) => boolean

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText: Check = (value) => typeof value === 'string' && value.length > 0
const isBoolean: Check = (value) => typeof value === 'boolean'
const isPort: Check = (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65535
const isCount: Check = (value) => Number.isInteger(value) && (value as number) > 0
const isDuration: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0
const isWord: Check = (value) => typeof value === 'string' && /^[A-Za-z0-9-]{1,64}$/.test(value)
const isWords: Check = (value) => Array.isArray(value) && value.every(isWord)
const isUser: Check = (value) =>
  isRecord(value) && isText(value.name) && isText(value.password) && (value.role === 'admin' || value.role === 'viewer')
const isOptional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const isTarget: Check = (value) => isRecord(value) && isText(value.address) && isPort(value.port)
const isUsers: Check = (value) => Array.isArray(value) && value.every(isUser)
const isOrNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)

const FIELDS: readonly (readonly [field: string, expected: string, check: Check])[] = [
  ['addresses.ipv4', 'an IPv4 address', isText],
  ['addresses.ipv6', 'an IPv6 address or null', isOrNull(isText)],
  ['ports.https', 'a port', isPort],
  ['ports.rtsp', 'a port', isPort],
  ['ports.http', 'a port or nothing', isOptional(isPort)],
  ['ports.discovery', 'a port above 0, or nothing', isOptional((value) => isPort(value) && value !== 0)],
  ['ports.ssh', 'a port above 0, or nothing', isOptional((value) => isPort(value) && value !== 0)],
  ['weaknesses', 'a list of weakness ids', isWords],
  ['manners', 'a list of manner ids, or nothing', isOptional(isWords)],
  ['serial', 'letters, digits and hyphens', isWord],
  ['syslog', 'null, or an address and a port', isOrNull(isTarget)],
  ['timePort', 'a port above 0, or nothing', isOptional((value) => isPort(value) && value !== 0)],
  ['mailPort', 'a port above 0, or nothing', isOptional((value) => isPort(value) && value !== 0)],
  ['updatePort', 'a port above 0, or nothing', isOptional((value) => isPort(value) && value !== 0)],
  ['lock.failures', 'a positive whole number', isCount],
  ['lock.windowSeconds', 'a positive whole number', isCount],
  ['lock.lockSeconds', 'a positive whole number', isCount],
  ['bootSeconds', 'a number of seconds', isDuration],
  ['factoryFresh', 'true or false', isBoolean],
  ['adminPassword', 'a password or nothing', isOptional(isText)],
  ['users', 'a list of name, password and role, or nothing', isOptional(isUsers)],
  ['formLogin', 'true, false or nothing', isOptional(isBoolean)],
  ['stagedUpdates', 'true, false or nothing', isOptional(isBoolean)],
  ['idleSeconds', 'a positive whole number, or nothing', isOptional(isCount)],
  ['stateDirectory', 'a folder or nothing', isOptional(isText)],
]

const at = (value: unknown, field: string): unknown =>
  field.split('.').reduce<unknown>((inner, name) => (isRecord(inner) ? inner[name] : undefined), value)

/** Every fault of options that came from outside, all at once. */
export function faultsOf(options: unknown): OptionFault[] {
  const faults = FIELDS.filter(([field, , check]) => !check(at(options, field))).map(
    ([field, expected]): OptionFault => ({ code: 'option-invalid', field, values: { expected } }),
  )
  if (at(options, 'factoryFresh') === false && at(options, 'adminPassword') === undefined) {
    const expected = 'a password, unless factory-fresh'
    faults.push({ code: 'option-invalid', field: 'adminPassword', values: { expected } })
  }
  return faults
}
