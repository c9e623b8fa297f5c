import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import type { CameraOptions, Role, SyslogTarget } from './options.ts'
import { makeIdentity, type Identity } from './certificate.ts'
import type { TimeTarget } from './ntp-client.ts'
import type { Behaviour } from './behaviour.ts'
import { makeVendorKey, payloadOf } from './firmware.ts'
import { makePasswordKey, makeUser, type User } from './users.ts'

export const SETTINGS = ['name', 'time-zone'] as const
export type SettingName = (typeof SETTINGS)[number]
const FACTORY_SETTINGS: Record<SettingName, string> = { name: 'camera', 'time-zone': 'UTC' }

const FACTORY_HOSTNAME = 'camera'

/** A server of updates. */
export interface UpdateSource {
  address: string
  port: number
}

/** Everything that survives a restart. */
export interface State {
  factoryFresh: boolean
  users: User[]
  /** Opens the sealed passwords of the users. */
  passwordKey: string
  /** Milliseconds that the unit's clock was set away from that of its host. */
  clockOffset: number
  syslog: SyslogTarget | null
  ntp: TimeTarget | null
  mail: TimeTarget | null
  /** Its name in the network. */
  hostname: string
  /** Where to look for updates. */
  updates: UpdateSource | null
  /** Certificate of the authority that log servers must have theirs from; PEM. */
  authority: string | null
  /** What the camera calls itself, and the zone of its clock. */
  settings: Record<SettingName, string>
  /** Installed firmware, and the digest of its image. */
  firmware: { version: string; sha256: string }
  /** TLS key and certificate; a reset keeps them. */
  identity: Identity
  rsaIdentity: Identity | null
  /** Signs the packages of this run; a real vendor's never leaves its premises. PKCS#8, PEM. */
  vendorKey: string
}

export interface StateStore {
  readonly state: State
  /** Changes the state and writes it, atomically, before it returns. */
  change(by: Partial<State>): void
}

/** The state found in the folder, or a new one as the options say. */
export async function openState(options: CameraOptions, behaviour: Behaviour): Promise<StateStore> {
  const file = options.stateDirectory === undefined ? null : join(options.stateDirectory, 'state.json')
  if (options.stateDirectory !== undefined) mkdirSync(options.stateDirectory, { recursive: true, mode: 0o700 })
  let state = (file === null ? null : read(file)) ?? (await newState(options, behaviour))
  const store: StateStore = {
    get state() {
      return state
    },
    change(by) {
      state = { ...state, ...by }
      if (file === null) return
      writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600, flush: true })
      renameSync(`${file}.new`, file)
    },
  }
  const needsRsa = behaviour.rsaCertificate && state.rsaIdentity === null
  store.change(needsRsa ? { rsaIdentity: await makeIdentity('RSA', addressesOf(options)) } : {})
  return store
}

/** What a factory reset puts back: accounts and settings. Firmware, keys and certificate stay. */
export const factorySettings = (
  options: CameraOptions,
  passwordKey: string,
): Pick<
  State,
  | 'factoryFresh'
  | 'users'
  | 'syslog'
  | 'ntp'
  | 'mail'
  | 'hostname'
  | 'updates'
  | 'authority'
  | 'clockOffset'
  | 'settings'
> => ({
  factoryFresh: true,
  users: (options.users ?? []).map(({ name, password, role }) => makeUser(name, password, role, passwordKey)),
  syslog: null,
  ntp: null,
  mail: null,
  hostname: FACTORY_HOSTNAME,
  updates: null,
  authority: null,
  clockOffset: 0,
  settings: FACTORY_SETTINGS,
})

async function newState(
  options: CameraOptions,
  { factoryVersion, hiddenAccount, certificateNamesUnit }: Behaviour,
): Promise<State> {
  const passwordKey = makePasswordKey()
  const settings = factorySettings(options, passwordKey)
  const admin =
    options.adminPassword !== undefined && !options.factoryFresh
      ? [makeUser('admin', options.adminPassword, 'admin' satisfies Role, passwordKey)]
      : []
  const hidden =
    hiddenAccount === null
      ? []
      : [makeUser(hiddenAccount, `${makePasswordKey()}aA1!`, 'admin' satisfies Role, passwordKey)]
  return {
    factoryFresh: options.factoryFresh,
    users: [...admin, ...settings.users, ...hidden],
    passwordKey,
    clockOffset: 0,
    syslog: options.syslog,
    ntp: null,
    mail: null,
    hostname: settings.hostname,
    updates: null,
    authority: null,
    settings: settings.settings,
    firmware: {
      version: factoryVersion,
      sha256: createHash('sha256').update(payloadOf(factoryVersion)).digest('hex'),
    },
    identity: await makeIdentity('P-256', addressesOf(options), certificateNamesUnit ? options.serial : undefined),
    rsaIdentity: null,
    vendorKey: makeVendorKey(),
  }
}

const addressesOf = ({ addresses }: CameraOptions): string[] => [
  addresses.ipv4,
  ...(addresses.ipv6 === null ? [] : [addresses.ipv6]),
]

function read(file: string): State | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as State
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
