import { isIP } from 'node:net'
import { addAccount, changeAccount, removeAccount, type AccountFault, isFit } from './accounts.ts'
import type { Visitor } from './auth.ts'
import { serialOf, type Device } from './device.ts'
import { isAuthority } from './certificate.ts'
import { clockOf, setClock } from './clock.ts'
import { MODEL } from './firmware.ts'
import { sendTestMail } from './mail.ts'
import { landingPage, livePage, setUpPage, setUpScript } from './pages.ts'
import { pictureAt } from './picture.ts'
import { membersOf } from './members.ts'
import type { Role } from './options.ts'
import { SETTINGS, type SettingName } from './state.ts'
import { install, MOST_PACKAGE } from './update.ts'
import { lookForUpdate } from './update-client.ts'
import { makeUser, type User } from './users.ts'

export interface Answer {
  status: number
  type: string
  body: string | Buffer
  headers?: Record<string, string>
  /** Done once the answer has been sent. */
  afterwards?: () => void
}

export interface ApiRequest {
  device: Device
  /** The user who logged in; null where the route asks for none. */
  user: User | null
  visitor: Visitor
  /** The Cookie header. */
  cookies: string | undefined
  /** For the log: who, from where, by what. */
  actor: Record<'user' | 'source' | 'interface', string>
  /** The variable part of the path. */
  name: string
  body: Buffer
  /** The client stayed until its body was whole. */
  isWhole: boolean
}

export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: RegExp
  access: 'public' | Role
  /** Whoever is not logged in is sent there, and asked for no credential by a challenge. */
  loginAt?: string
  /** Longest body; 16 KiB where nothing is said. */
  mostBytes?: number
  run(request: ApiRequest): Answer
}

export const json = (status: number, value: unknown): Answer => ({
  status,
  type: 'application/json',
  body: `${JSON.stringify(value)}\n`,
})
const html = (body: string): Answer => ({ status: 200, type: 'text/html; charset=utf-8', body })
const done = (result: string): Answer => json(200, { result })
export const refusal = (status: number, error: string): Answer => json(status, { error })
/** RFC 9110 section 15.4.4. */
export const seeOther = (target: string): Answer => ({
  status: 303,
  type: 'text/plain',
  body: '',
  headers: { Location: target },
})

const BAD_PASSWORD = refusal(
  400,
  'password must have 8 to 128 characters: small and capital letters, digits, and others, and not the name',
)

function setUp({ device, body, actor }: ApiRequest): Answer {
  const { password } = membersOf(body)
  if (!device.store.state.factoryFresh) return refusal(403, 'already set up')
  if (typeof password !== 'string' || !isFit(device, password, 'admin')) return BAD_PASSWORD
  const others = device.store.state.users.filter(({ name }) => name !== 'admin')
  device.store.change({
    factoryFresh: false,
    users: [makeUser('admin', password, 'admin', device.store.state.passwordKey), ...others],
  })
  device.log.write('set-up-completed', { ...actor, user: 'admin' })
  return done('set-up complete')
}

/** What keeps an account from being made or changed, as the web says it. */
const FAULTS: Record<AccountFault, Answer> = {
  'bad-name': refusal(400, 'name: 1 to 32 letters, digits, . _ -'),
  'bad-password': BAD_PASSWORD,
  exists: refusal(409, 'user exists'),
  'too-many': refusal(409, 'too many users'),
  unknown: refusal(404, 'no such user'),
  own: refusal(409, 'nobody removes the own account'),
}

function addUser({ device, body, actor }: ApiRequest): Answer {
  const { name, password, role } = membersOf(body)
  if (role !== 'admin' && role !== 'viewer') return refusal(400, 'role must be admin or viewer')
  const fault = addAccount(device, actor, { name: String(name ?? ''), password: String(password ?? ''), role })
  return fault === null ? json(201, { result: 'user added' }) : FAULTS[fault]
}

function removeUser({ device, name, actor }: ApiRequest): Answer {
  const fault = removeAccount(device, actor, name)
  return fault === null ? done('user removed') : FAULTS[fault]
}

function changePassword({ device, name, user, body, actor }: ApiRequest): Answer {
  const { password } = membersOf(body)
  if (user?.role !== 'admin' && user?.name !== name && !device.behaviour.viewersMayAll)
    return refusal(403, 'administrators only')
  const fault = changeAccount(device, actor, { name, password: String(password ?? '') })
  return fault === null ? done('password changed') : FAULTS[fault]
}

/** A server by its address and port; null turns it off. */
function serverIn(body: Buffer): { address: string; port: number } | null | Answer {
  const { address, port } = membersOf(body)
  if (address === null && port === null) return null
  const isPort = typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65535
  if (typeof address === 'string' && isIP(address) !== 0 && isPort) return { address, port }
  return refusal(400, 'address must be an IP address and port a number, or both null')
}

const NO_SERVER = { address: null, port: null }
const shown = (server: { address: string; port: number } | null): string =>
  server === null ? 'off' : `${server.address} ${server.port}`

function setSyslog({ device, body, actor }: ApiRequest): Answer {
  const server = serverIn(body)
  if (server !== null && 'status' in server) return server
  const { transport } = membersOf(body)
  if (transport !== undefined && transport !== 'tls') return refusal(400, 'transport: tls, or nothing for UDP')
  const record = device.log.write('log-settings-changed', { ...actor, setting: 'syslog', value: shown(server) })
  device.store.change({ syslog: server && { ...server, ...(transport ? { transport } : {}) } })
  device.log.forward(record)
  return done('setting changed')
}

function setTimeServer({ device, body, actor }: ApiRequest): Answer {
  const server = serverIn(body)
  if (server !== null && 'status' in server) return server
  device.log.write('setting-changed', { ...actor, setting: 'ntp', value: shown(server) })
  device.store.change({ ntp: server })
  device.time.start()
  return done('setting changed')
}

/** Its record is dated by the clock as it is then, and says how it was. */
function setTime({ device, body, actor }: ApiRequest): Answer {
  const set = setClock(device.store, membersOf(body).time)
  if (!set) return refusal(400, 'time: in UTC, like 2026-01-31T12:00:00Z')
  device.log.write('time-changed', { ...actor, ...set })
  return done('time set')
}

function setMail({ device, body, actor }: ApiRequest): Answer {
  const server = serverIn(body)
  if (server !== null && 'status' in server) return server
  device.log.write('setting-changed', { ...actor, setting: 'mail', value: shown(server) })
  device.store.change({ mail: server })
  return done('setting changed')
}

function setAuthority({ device, body, actor }: ApiRequest): Answer {
  const { certificate } = membersOf(body)
  if (typeof certificate !== 'string' || !isAuthority(certificate))
    return refusal(400, 'certificate: of an authority, in PEM')
  device.store.change({ authority: certificate })
  device.log.write('setting-changed', { ...actor, setting: 'authority' })
  return done('setting changed')
}

function removeAuthority({ device, actor }: ApiRequest): Answer {
  device.store.change({ authority: null })
  device.log.write('setting-changed', { ...actor, setting: 'authority', value: 'none' })
  return done('setting changed')
}

const isSetting = (name: string): name is SettingName => SETTINGS.some((one) => one === name)

function readSetting({ device, name }: ApiRequest): Answer {
  return isSetting(name) ? json(200, { value: device.store.state.settings[name] }) : refusal(404, 'no such setting')
}

function setSetting({ device, name, body, actor }: ApiRequest): Answer {
  const { value } = membersOf(body)
  if (!isSetting(name)) return refusal(404, 'no such setting')
  if (typeof value !== 'string' || !/^[\w+-]{1,32}$/.test(value))
    return refusal(400, 'value: 1 to 32 letters, digits, _ + -')
  device.store.change({ settings: { ...device.store.state.settings, [name]: value } })
  device.log.write('setting-changed', { ...actor, setting: name, value })
  return done('setting changed')
}

function clearLog({ device, user, actor }: ApiRequest): Answer {
  if (user?.role !== 'admin' && !device.behaviour.viewersClearLog) return refusal(403, 'administrators only')
  device.log.clear(actor)
  return done('log cleared')
}

/** All of it, to be kept elsewhere: a line each, the newest first. */
function exportLog({ device, actor }: ApiRequest): Answer {
  const lines = device.log.records.map((record) => `${JSON.stringify(record)}\n`)
  device.log.write('log-exported', actor)
  return { status: 200, type: 'text/plain', body: lines.reverse().join('') }
}

export function update({ device, body, actor, isWhole }: ApiRequest): Answer {
  const { answer, afterwards } = install(device, body, actor, isWhole)
  return {
    ...(answer.accepted
      ? json(200, { result: 'accepted', version: answer.firmware.version })
      : json(answer.status, { result: 'refused', error: answer.reason })),
    ...(afterwards ? { afterwards } : {}),
  }
}

function setUpdateServer({ device, body, actor }: ApiRequest): Answer {
  const server = serverIn(body)
  if (server !== null && 'status' in server) return server
  device.log.write('setting-changed', { ...actor, setting: 'updates', value: shown(server) })
  device.store.change({ updates: server })
  return done('setting changed')
}

function look({ device, actor }: ApiRequest): Answer {
  if (!device.store.state.updates) return refusal(409, 'no update server')
  return { ...done('looking'), afterwards: () => void lookForUpdate(device, actor) }
}

const get = (path: RegExp, access: Route['access'], run: Route['run']): Route => ({ method: 'GET', path, access, run })

/** Every address of the web interface. The first group of a path is the request's `name`. */
export const ROUTES: readonly Route[] = [
  get(/^\/$/, 'public', ({ device }) =>
    html(device.store.state.factoryFresh ? setUpPage : landingPage(device.options.formLogin === true)),
  ),
  get(/^\/set-up\.js$/, 'public', () => ({ status: 200, type: 'text/javascript', body: setUpScript })),
  get(/^\/live$/, 'viewer', () => html(livePage)),
  get(/^\/snapshot\.jpg$/, 'viewer', () => ({ status: 200, type: 'image/jpeg', body: pictureAt(Date.now()) })),
  get(/^\/api\/device$/, 'viewer', ({ device }) =>
    json(200, { model: MODEL, serial: serialOf(device), firmware: device.store.state.firmware.version }),
  ),
  get(/^\/api\/firmware$/, 'viewer', ({ device }) => json(200, device.store.state.firmware)),
  get(/^\/api\/users$/, 'admin', ({ device }) =>
    json(200, { users: device.store.state.users.map(({ name, role }) => ({ name, role })) }),
  ),
  get(/^\/api\/log$/, 'admin', ({ device }) => json(200, { records: device.log.records })),
  // A log of months is longer than anybody reads at once.
  get(/^\/api\/log\/newest$/, 'admin', ({ device }) => json(200, { records: device.log.records.slice(-100) })),
  get(/^\/api\/log\/export$/, 'admin', exportLog),
  { method: 'DELETE', path: /^\/api\/log$/, access: 'viewer', run: clearLog },
  get(/^\/api\/settings\/syslog$/, 'admin', ({ device }) => json(200, device.store.state.syslog ?? NO_SERVER)),
  get(/^\/api\/settings\/ntp$/, 'admin', ({ device }) => json(200, device.store.state.ntp ?? NO_SERVER)),
  get(/^\/api\/settings\/updates$/, 'admin', ({ device }) => json(200, device.store.state.updates ?? NO_SERVER)),
  get(/^\/api\/time$/, 'viewer', ({ device }) => json(200, { time: clockOf(device.store) })),
  { method: 'PUT', path: /^\/api\/time$/, access: 'admin', run: setTime },
  { method: 'POST', path: /^\/api\/setup$/, access: 'public', run: setUp },
  { method: 'POST', path: /^\/api\/users$/, access: 'admin', run: addUser },
  { method: 'DELETE', path: /^\/api\/users\/([^/]+)$/, access: 'admin', run: removeUser },
  { method: 'PUT', path: /^\/api\/users\/([^/]+)\/password$/, access: 'viewer', run: changePassword },
  { method: 'PUT', path: /^\/api\/settings\/syslog$/, access: 'admin', run: setSyslog },
  { method: 'PUT', path: /^\/api\/settings\/ntp$/, access: 'admin', run: setTimeServer },
  get(/^\/api\/settings\/mail$/, 'admin', ({ device }) => json(200, device.store.state.mail ?? NO_SERVER)),
  { method: 'PUT', path: /^\/api\/settings\/mail$/, access: 'admin', run: setMail },
  {
    method: 'POST',
    path: /^\/api\/mail$/,
    access: 'admin',
    run: ({ device }) => ({ ...done('mail on its way'), afterwards: () => sendTestMail(device) }),
  },
  { method: 'PUT', path: /^\/api\/settings\/updates$/, access: 'admin', run: setUpdateServer },
  { method: 'PUT', path: /^\/api\/settings\/authority$/, access: 'admin', run: setAuthority },
  { method: 'DELETE', path: /^\/api\/settings\/authority$/, access: 'admin', run: removeAuthority },
  get(/^\/api\/settings\/(name|time-zone)$/, 'admin', readSetting),
  { method: 'PUT', path: /^\/api\/settings\/(name|time-zone)$/, access: 'admin', run: setSetting },
  { method: 'POST', path: /^\/api\/update$/, access: 'admin', mostBytes: MOST_PACKAGE, run: update },
  { method: 'POST', path: /^\/api\/update\/look$/, access: 'admin', run: look },
  {
    method: 'POST',
    path: /^\/api\/reboot$/,
    access: 'admin',
    run: ({ device }) => ({ ...done('rebooting'), afterwards: () => device.reboot('requested', {}) }),
  },
  {
    method: 'POST',
    path: /^\/api\/reset$/,
    access: 'admin',
    run: ({ device, actor }) => {
      device.log.write('factory-reset', actor)
      return { ...done('resetting'), afterwards: () => device.reboot('factory reset', device.factorySettings()) }
    },
  },
]
