import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { faulty, ok, type Result } from '../../suites/fault.ts'
import type { Regulation } from '../../suites/regulation.ts'
import { registry } from '../../suites/registry.generated.ts'
import { loadRegulation } from '../../profiles/regulation-file.ts'
import { directoryMembers } from '../../reports/conclude.ts'
import { evidenceOf, readRecorded, type Recorded } from '../../reports/evidence.ts'
import { benchHere } from '../inputs.ts'
import { ownListeners } from '../baseline.ts'
import { startCameraProcess, type CameraProcess } from '../cameras/process.ts'
import { forShortLocks } from '../cameras/short-locks.ts'
import { isInside, selfArgv } from '../isolation.ts'
import { randomPassword } from '../secrets.ts'
import type { Case } from './case.ts'
import { triedOn, type Tried } from './result.ts'

/** Of seconds, so that the regulation is the one for short locks. */
const LOCK = { failures: 5, windowSeconds: 5, lockSeconds: 5 }
/** What is asked of the cameras. */
export function regulationOfCases(): Result<Regulation> {
  const core = loadRegulation('camseal-core', registry)
  return core.ok ? ok(forShortLocks(core.value, LOCK)) : core
}
/** Longer than any case takes on a loaded machine. */
const LONGEST_S = 900
const SSH_PORT = 18_022
const DOORS = '1-20000'
const NEED_DOORS = ['exposed-ports/undeclared-tcp-ports', 'exposed-ports/no-insecure-services']
const LOG_PORT = 15_514
const TIME_PORT = 15_123
const MAIL_PORT = 15_587
const UPDATE_PORT = 15_080
const IDLE_S = 3

/** Addresses of the n-th camera and of a lab of its own, so that cases at once cannot meet. */
const placeOf = (n: number) =>
  isInside()
    ? {
        camera: { ipv4: `127.77.1.${n}`, ipv6: `fd00:77::${(2 * n).toString(16)}` },
        bench: { ipv4: `127.77.2.${n}`, ipv6: `fd00:77::${(2 * n + 1).toString(16)}` },
        ports: { https: 8443, rtsp: 8554, http: 8080 },
      }
    : {
        camera: { ipv4: `127.77.1.${n}`, ipv6: '::1' },
        bench: { ipv4: `127.77.2.${n}`, ipv6: '::1' },
        ports: { https: 18443, rtsp: 18554, http: 18080 },
      }

/** IPv6 hosts that the private network of so many cases needs. */
export const hostsFor = (cases: number): number => 2 * cases + 1

/** Starts the camera of a case, runs the harness on it as a user would, and judges what was seen. */
export async function observeCase(
  one: Case,
  n: number,
  directory: string,
  signal: AbortSignal,
): Promise<Result<Tried[]>> {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  const { camera: addresses, bench, ports } = placeOf(n)
  const baseline = join(directory, 'baseline.json')
  writeFileSync(baseline, JSON.stringify(isInside() ? {} : ownListeners(Date.now() * 1000)))
  const asked = regulationOfCases()
  if (!asked.ok) return asked
  const regulation = join(directory, 'regulation.yaml')
  writeFileSync(regulation, stringify(asked.value))
  const benchFile = join(directory, 'bench.yaml')
  writeFileSync(benchFile, stringify(benchHere('Camseal qualification', bench)))
  let camera: CameraProcess
  try {
    camera = await startCameraProcess(
      {
        addresses: { ipv4: addresses.ipv4, ipv6: one.ipv6 ? addresses.ipv6 : null },
        ports: one.weakness?.beside === 'ssh' ? { ...ports, ssh: SSH_PORT } : ports,
        weaknesses: one.weakness ? [one.weakness.id] : [],
        manners: one.weakness?.manners ?? [],
        serial: `QUALIFY-${n}`,
        syslog: { address: bench.ipv4, port: LOG_PORT },
        timePort: TIME_PORT,
        mailPort: MAIL_PORT,
        updatePort: UPDATE_PORT,
        lock: LOCK,
        bootSeconds: 1,
        formLogin: true,
        idleSeconds: IDLE_S,
        factoryFresh: one.factoryFresh,
        adminPassword: randomPassword(),
        users: [{ name: 'spare', password: randomPassword(), role: 'viewer', spare: true }],
        stateDirectory: join(directory, 'camera', 'state'),
      },
      join(directory, 'camera'),
    )
  } catch (e) {
    return faulty({ code: 'qualify-camera', values: { id: one.id, why: (e as Error).message.slice(0, 300) } })
  }
  try {
    const out = join(directory, 'out')
    const args = ['run', '--statement', camera.statement, '--regulation', regulation, '--bench', benchFile]
    const how = ['--port-baseline', baseline, '--out', out, '--pace', 'fast', '--rehearsal', '--json']
    // Where doors matter, a sound camera's ports are swept whole, and of a weak one those where it may have a door.
    const areDoorsAsked = one.criteria.some((c) => NEED_DOORS.includes(c))
    if (one.weakness || !areDoorsAsked) how.push('--ports', areDoorsAsked ? DOORS : 'declared')
    const environment = { ...camera.environment, CAMSEAL_STATE: join(directory, 'state') }
    const ended = await camseal([...args, ...how, '--only', one.criteria.join(',')], environment, signal)
    if (ended.code === null || ended.code > 2)
      return faulty({ code: 'qualify-run', values: { id: one.id, exit: ended.code ?? 'killed', why: ended.tail } })
    const read = await readRecorded(directoryMembers(out), registry, true)
    return read.ok ? ok(triedOn(evidenceOfCase(read.value), one.criteria, registry)) : read
  } finally {
    await camera.stop()
  }
}

const evidenceOfCase = (recorded: Recorded) => evidenceOf(recorded, [], 'rehearsal')

/** Runs this program; killed when it takes too long or the qualification is cancelled. */
function camseal(
  args: string[],
  environment: Record<string, string>,
  signal: AbortSignal,
): Promise<{ code: number | null; tail: string }> {
  const [node = '', ...rest] = [...selfArgv(), ...args]
  const child = spawn(node, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment, NODE_NO_WARNINGS: '1' },
  })
  let tail = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (d: Buffer) => (tail = (tail + d.toString('utf8')).slice(-1500)))
  const stop = () => child.kill('SIGTERM')
  const clock = setTimeout(() => child.kill('SIGKILL'), LONGEST_S * 1000)
  signal.addEventListener('abort', stop, { once: true })
  return new Promise((done) =>
    child.once('close', (code) => {
      clearTimeout(clock)
      signal.removeEventListener('abort', stop)
      done({ code, tail })
    }),
  )
}
