import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Set inside a private network; who finds it does not isolate itself again. */
export const INSIDE = 'CAMSEAL_PRIVATE_NETWORK'
/**
 * Nobody in particular with all capabilities, where this system can do that: tcpdump would else try to give up a root's
 * privileges, which a user namespace does not allow. Then root.
 */
const WAYS = [
  ['--user', '--map-user=1000', '--map-group=1000', '--keep-caps', '--net', 'sh', '-c'],
  ['--user', '--map-root-user', '--net', 'sh', '-c'],
]

export const isInside = (): boolean => process.env[INSIDE] !== undefined

/** A loopback of its own with 127.x and fd00:77::1 … fd00:77::<most>, where no other service can be met. */
export const privateNetwork = (most: number): string =>
  `ip link set lo up && for a in $(seq 1 ${most}); do ip -6 addr add fd00:77::$(printf %x $a)/128 dev lo nodad; done`

/** Arguments of unshare that give a command line of the shell a network of its own; null where this system does not let a user. */
export const unshareWay = (): readonly string[] | null =>
  WAYS.find(
    (w) => spawnSync('unshare', [...w, privateNetwork(1)], { stdio: 'ignore', timeout: 10_000 }).status === 0,
  ) ?? null

/** Whether this system lets a user make a network of its own. */
export const canIsolate = (): boolean =>
  process.platform === 'linux' && process.env.CAMSEAL_DEMO_LOOPBACK === undefined && unshareWay() !== null

/** The command line of this program, as it was built or from source. */
export function selfArgv(): string[] {
  const source = import.meta.url.endsWith('.ts')
  const cli = fileURLToPath(new URL(source ? '../cli.ts' : '../cli.js', import.meta.url))
  return [process.execPath, ...(source ? ['--import', 'tsx'] : []), cli]
}

/** The same program with the same arguments in a private network; its exit code. */
export function isolated(args: string[], most: number): Promise<number> {
  const command = [...(unshareWay() ?? []), `${privateNetwork(most)} && exec "$@"`, 'sh', ...selfArgv(), ...args]
  const child = spawn('unshare', command, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } })
  return new Promise((done) => child.once('exit', (code) => done(code ?? 4)))
}
