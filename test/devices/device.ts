import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync, closeSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Devices under test made of software of others, each in namespaces of its own, as new at every start. */

const here = dirname(fileURLToPath(import.meta.url))
const repository = resolve(here, '../..')
const machinery = join(here, 'machinery')
const programs = join(repository, '.cache', 'devices')

const BOOT_SECONDS = 60
const LIFE_SECONDS = 3600

export const ownDevices = ['bad', 'good-web', 'good-digest', 'mixed-tls'] as const
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

const COMMANDS = ['ip', 'unshare', 'nsenter', 'setpriv', 'mount', 'pivot_root', 'sysctl', 'gcc', 'pkg-config', 'openssl']

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
    const lab = await boot(state, ['own', state, String(LIFE_SECONDS), folder, programs])
    const enter = (command: readonly string[]) => ['nsenter', `--net=/proc/${lab.pid}/ns/net`, '--', ...command]
    return {
      name, directory, folder, lab: enter, ipv4: '10.78.0.2', ipv6: 'fd78::2',
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
    const lab = await boot(state, ['external', state, String(LIFE_SECONDS), duts, name])
    mkdirSync(directory)
    cpSync(join(folder, 'statement.yaml'), join(directory, 'statement.yaml'))
    cpSync(join(state, 'duts', 'fw'), join(directory, 'firmware'), { recursive: true })
    const bench = { ipv4: address.ipv4.replace(/\.\d+$/, '.1'), ipv6: address.ipv6.replace(/::.*$/, '::1'), second: null }
    return {
      name, directory, folder, bench, truth, ipv4: address.ipv4, ipv6: address.ipv6,
      lab: (command) => ['nsenter', `--net=/proc/${lab.pid}/root/run/netns/ipcamlab`, '--', ...command],
      verify: ['nsenter', '--target', String(lab.pid), '--mount', '--pid', '--net', '--',
        'env', `DUT_STATE=${join(state, 'duts')}`, 'bash', join(duts, 'verify.sh'), name],
      stop: () => end(lab.child, state),
    }
  } catch (error) {
    await end(null, state)
    throw error
  }
}

/**
 * A fresh state folder: `directory` is the tester's, `for-device` the device's, `console` what comes out of it.
 * Folders of test processes that were killed are removed on the way.
 */
function newState(): string {
  for (const folder of leftOver()) {
    const owner = Number(/^camseal-device-(\d+)-/.exec(folder)?.[1])
    if (owner > 0 && !existsSync(`/proc/${owner}`)) rmSync(join(tmpdir(), folder), { recursive: true, force: true })
  }
  const state = mkdtempSync(join(tmpdir(), `camseal-device-${process.pid}-`))
  for (const folder of ['for-device', 'console']) mkdirSync(join(state, folder))
  return state
}

interface Lab { child: ChildProcess; pid: number }

/** Starts the lab's first process and waits for the device's ready mark. The lab dies with this process. */
async function boot(state: string, args: readonly string[]): Promise<Lab> {
  const log = openSync(join(state, 'console', 'console.log'), 'a')
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'unshare', '--mount', '--pid', '--net', '--fork',
    '--kill-child=KILL', 'bash', join(machinery, 'lab.sh'), ...args], { stdio: ['ignore', log, log] })
  closeSync(log)
  const stopped = new Promise<void>((done) => child.once('exit', () => done()).once('error', () => done()))
  const until = Date.now() + BOOT_SECONDS * 1000
  while (!existsSync(join(state, 'console', 'ready'))) {
    const over = await Promise.race([stopped.then(() => true), pause(50).then(() => false)])
    if (over || Date.now() > until) {
      const said = readFileSync(join(state, 'console', 'console.log'), 'utf8').slice(-2000)
      await kill(child, state)
      throw new Error(`the device ${over ? 'ended while starting' : `was not up after ${BOOT_SECONDS} s`}:\n${said}`)
    }
  }
  return { child, pid: pidOf(state) }
}

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))

/** The lab's first process as this machine sees it; 0 before it has said so. */
const pidOf = (state: string): number =>
  existsSync(join(state, 'pid')) ? Number(readFileSync(join(state, 'pid'), 'utf8')) : 0

/** Killing the first process of a process namespace kills all of it; its parent `unshare` then ends by itself. */
async function kill(child: ChildProcess, state: string): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((done) => child.once('exit', () => done()))
  const first = pidOf(state)
  try {
    process.kill(first > 0 ? first : child.pid, 'SIGKILL')
  } catch {
    // it ended a moment ago; what follows waits for its parent
  }
  await Promise.race([gone, pause(10_000)])
  if (child.exitCode === null && child.signalCode === null) throw new Error(`process ${child.pid} does not end`)
}

async function end(child: ChildProcess | null, state: string): Promise<void> {
  if (child) await kill(child, state)
  rmSync(state, { recursive: true, force: true })
}

function checked(argv: readonly [string, ...string[]]): void {
  const [command, ...args] = argv
  const r = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 })
  if (r.status !== 0) throw new Error(`${argv.join(' ')}: ${r.error?.message ?? r.stderr.slice(-2000)}`)
}

/** Names of the temporary folders of devices on this machine. */
export const leftOver = (): string[] => readdirSync(tmpdir()).filter((n) => n.startsWith('camseal-device-'))
