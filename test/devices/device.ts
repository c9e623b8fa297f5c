import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { boot, checked, end, machinery, newState } from './lab.ts'

/** Devices under test made of software of others, each in namespaces of its own, as new at every start. */

const here = dirname(fileURLToPath(import.meta.url))
const repository = resolve(here, '../..')
const programs = join(repository, '.cache', 'devices')

export const ownDevices = ['bad', 'good-web', 'good-digest', 'mixed-tls', 'forms', 'swupdate'] as const
/** Devices of many servers, for what a rehearsal of a few criteria makes of them. */
export const serverDevices = ['good-servers', 'bad-servers'] as const
export const externalDevices = ['cheap'] as const

export interface Device {
  name: string
  /** argv that runs `command` on the lab side, where the device can be reached and its log records arrive. */
  lab: (command: readonly string[]) => string[]
  /** Address of the device. */
  ipv4: string
  ipv6: string
  /** Addresses of the lab side; `second` is another source on the same link, null where there is none. */
  bench: { ipv4: string; ipv6: string; second: { ipv4: string; ipv6: string } | null }
  /** Temporary folder: statement.yaml with everything it refers to (secrets/, firmware/). Removed by stop. */
  directory: string
  /** What describes this device: truth.json (own devices), expected.json, verify.sh. */
  folder: string
  /** argv that measures the truth with independent tools and prints `id<TAB>value` lines. */
  verify: string[]
  /** Truth file of this device. */
  truth: string
  /** Ends every process of the device and its lab, and removes the folder. May be called twice. */
  stop: () => Promise<void>
}

const COMMANDS = [
  'ip',
  'unshare',
  'nsenter',
  'setpriv',
  'mount',
  'pivot_root',
  'sysctl',
  'gcc',
  'pkg-config',
  'openssl',
]

/** Why no device can run on this machine, or null. */
export function missingForDevices(): string | null {
  if (process.platform !== 'linux') return 'needs Linux (namespaces)'
  if (process.getuid?.() !== 0) return 'needs root (network namespaces)'
  const found = (c: string) => ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((d) => existsSync(join(d, c)))
  const missing = COMMANDS.filter((c) => !found(c))
  return missing.length === 0 ? null : `needs ${missing.join(', ')} (node scripts/set-up.mjs installs them)`
}

/** What this repository has of a device: statement.yaml, expected.json and, of its own devices, all else. */
export const folderOf = (name: string): string => join(here, name)

/** Folder of the devices that are not part of this repository, or null. */
export function externalFolder(): string | null {
  const folder = process.env['CAMSEAL_EXTRA_DUTS'] ?? resolve(repository, '../shared/duts')
  return existsSync(join(folder, 'lib.sh')) ? folder : null
}

/** Starts a device of this folder. Rejects with the end of its console when it does not come up. */
export async function startDevice(name: string): Promise<Device> {
  const folder = folderOf(name)
  checked(['bash', join(machinery, 'build.sh'), programs])
  const state = newState()
  const directory = join(state, 'directory')
  try {
    mkdirSync(join(directory, 'secrets'), { recursive: true })
    cpSync(join(folder, 'statement.yaml'), join(directory, 'statement.yaml'))
    if (existsSync(join(folder, 'prepare.sh'))) {
      checked(['bash', join(folder, 'prepare.sh'), directory, join(state, 'for-device')])
    }
    const lab = await boot('own', state, [folder, programs])
    const enter = (command: readonly string[]) => ['nsenter', `--net=/proc/${lab.pid}/ns/net`, '--', ...command]
    return {
      name,
      directory,
      folder,
      lab: enter,
      ipv4: '10.78.0.2',
      ipv6: 'fd78::2',
      bench: { ipv4: '10.78.0.1', ipv6: 'fd78::1', second: { ipv4: '10.78.0.3', ipv6: 'fd78::3' } },
      truth: join(folder, 'truth.json'),
      verify: enter(['bash', join(folder, 'verify.sh'), directory]),
      stop: () => end(lab.child, state),
    }
  } catch (error) {
    await end(null, state)
    throw error
  }
}

/** Starts a device that brings its own start.sh, lab.sh and verify.sh, hidden from other users of the same scripts. */
export async function startExternal(duts: string, name: string): Promise<Device> {
  const folder = folderOf(name)
  const truth = join(duts, `${name}.truth.json`)
  const { address } = JSON.parse(readFileSync(truth, 'utf8')) as { address: { ipv4: string; ipv6: string } }
  const state = newState()
  const directory = join(state, 'directory')
  try {
    const lab = await boot('external', state, [duts, name])
    mkdirSync(directory)
    cpSync(join(folder, 'statement.yaml'), join(directory, 'statement.yaml'))
    cpSync(join(state, 'duts', 'fw'), join(directory, 'firmware'), { recursive: true })
    const bench = {
      ipv4: address.ipv4.replace(/\.\d+$/, '.1'),
      ipv6: address.ipv6.replace(/::.*$/, '::1'),
      second: null,
    }
    return {
      name,
      directory,
      folder,
      bench,
      truth,
      ipv4: address.ipv4,
      ipv6: address.ipv6,
      lab: (command) => ['nsenter', `--net=/proc/${lab.pid}/root/run/netns/ipcamlab`, '--', ...command],
      verify: [
        'nsenter',
        '--target',
        String(lab.pid),
        '--mount',
        '--pid',
        '--net',
        '--',
        'env',
        `DUT_STATE=${join(state, 'duts')}`,
        'bash',
        join(duts, 'verify.sh'),
        name,
      ],
      stop: () => end(lab.child, state),
    }
  } catch (error) {
    await end(null, state)
    throw error
  }
}
