import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A lab: namespaces of their own with a device in them, all of it children of one process. */

export const machinery = join(dirname(fileURLToPath(import.meta.url)), 'machinery')

const BOOT_SECONDS = 60
const LIFE_SECONDS = 3600

/**
 * A fresh state folder: `directory` is the tester's, `for-device` the device's, `console` what comes out of it.
 * Folders of test processes that were killed are removed on the way.
 */
export function newState(): string {
  for (const folder of leftOver()) {
    const owner = Number(/^camseal-device-(\d+)-/.exec(folder)?.[1])
    if (owner > 0 && !existsSync(`/proc/${owner}`)) rmSync(join(tmpdir(), folder), { recursive: true, force: true })
  }
  const state = mkdtempSync(join(tmpdir(), `camseal-device-${process.pid}-`))
  for (const folder of ['for-device', 'console']) mkdirSync(join(state, folder))
  return state
}

export interface Lab {
  child: ChildProcess
  pid: number
}

/** Starts the lab's first process and waits for the device's ready mark. The lab dies with this process. */
export async function boot(kind: 'own' | 'external', state: string, args: readonly [string, string]): Promise<Lab> {
  const log = openSync(join(state, 'console', 'console.log'), 'a')
  const child = spawn(
    'setpriv',
    [
      '--pdeathsig',
      'KILL',
      '--',
      'unshare',
      '--mount',
      '--pid',
      '--net',
      '--fork',
      '--kill-child=KILL',
      'bash',
      join(machinery, 'lab.sh'),
      kind,
      state,
      String(LIFE_SECONDS),
      ...args,
    ],
    { stdio: ['ignore', log, log] },
  )
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

/** Ends the lab and everything in it, and removes its state. May be called twice. */
export async function end(child: ChildProcess | null, state: string): Promise<void> {
  if (child) await kill(child, state)
  rmSync(state, { recursive: true, force: true })
}

/** Runs a preparation; throws with what it said when it fails. */
export function checked(argv: readonly [string, ...string[]]): void {
  const [command, ...args] = argv
  const r = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 })
  if (r.status !== 0) throw new Error(`${argv.join(' ')}: ${r.error?.message ?? r.stderr.slice(-2000)}`)
}

/** Names of the temporary folders of devices on this machine. */
export const leftOver = (): string[] => readdirSync(tmpdir()).filter((n) => n.startsWith('camseal-device-'))
