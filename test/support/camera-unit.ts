import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { parse, stringify } from 'yaml'
import { startCameraProcess, type CameraProcess } from '../../lab/cameras/process.ts'
import type { Statement } from '../../suites/statement.ts'
import { writeRegulation } from './regulation.ts'

export const OWNER_PASSWORD = 'Owner-7421-kxq'
export const SPARE_PASSWORD = 'Viewer-9921-wvb'

/** The reference camera with quick locks and boots; its statement names the web log-ins only. */
export interface CameraUnit {
  first: CameraProcess
  address: string
  directory: string
  /** Arguments of a run of the criteria, without `--out`. */
  run: string[]
  /** Where the tests let it be. */
  out: string
  environment: Record<string, string>
  /** The same unit again, or one with its state elsewhere; stops with the test. */
  start(address: string, folder: string): Promise<CameraProcess>
  /** Status and body of what curl gets as the administrator with the password the camera came with. */
  ask(target: string): string
  /** Names of what the camera logged, in order. */
  events(folder?: string): string[]
}

export interface CameraUnitOptions {
  /** Makes addresses and ports of its own. */
  n: number
  work: string
  criteria: readonly string[]
  /** Syslog server it reports to when it comes. */
  syslog?: { address: string; port: number }
}

export async function cameraUnit(
  t: TestContext,
  { n, work, criteria, syslog = { address: `127.78.${n}.1`, port: 5514 + n } }: CameraUnitOptions,
): Promise<CameraUnit> {
  const directory = join(work, `camera-${n}`)
  mkdirSync(directory, { recursive: true })
  const start = async (address: string, folder: string) => {
    const camera = await startCameraProcess(
      {
        addresses: { ipv4: address, ipv6: null },
        ports: { https: 8443, rtsp: 8554 },
        weaknesses: [],
        serial: `UNIT-${n}`,
        syslog,
        lock: { failures: 5, windowSeconds: 1, lockSeconds: 1 },
        bootSeconds: 0.3,
        factoryFresh: false,
        adminPassword: OWNER_PASSWORD,
        users: [{ name: 'spare', password: SPARE_PASSWORD, role: 'viewer', spare: true }],
        stateDirectory: join(folder, 'state'),
      },
      join(folder, 'camera'),
    )
    t.after(() => camera.stop())
    return camera
  }
  const address = `127.78.${n}.10`
  const first = await start(address, directory)
  const statement = parse(readFileSync(first.statement, 'utf8')) as Statement
  statement.logins = statement.logins.filter((l) => l.id.startsWith('web-'))
  statement.bruteForce = statement.bruteForce.filter((b) => b.login === 'web-owner')
  const file = join(directory, 'statement.yaml')
  writeFileSync(file, stringify(statement))
  return {
    first,
    address,
    directory,
    start,
    run: [
      'run',
      '--statement',
      file,
      '--regulation',
      writeRegulation(join(directory, 'few.yaml'), criteria),
      '--rehearsal',
      '--ports',
      'declared',
      '--pace',
      'fast',
    ],
    out: join(directory, 'out'),
    environment: { ...first.environment, CAMSEAL_STATE: join(directory, 'bench') },
    ask(target) {
      const curl = [
        '-sk',
        '--max-time',
        '10',
        '--retry',
        '8',
        '--retry-connrefused',
        '--digest',
        '-u',
        `admin:${OWNER_PASSWORD}`,
        '-w',
        '\n%{http_code}',
        `https://${address}:8443${target}`,
      ]
      const lines = spawnSync('curl', curl, { encoding: 'utf8' }).stdout.trim().split('\n')
      return `${lines.at(-1)} ${lines.slice(0, -1).join('').trim()}`.trim()
    },
    events(folder = directory) {
      const log = readFileSync(join(folder, 'state', 'log.jsonl'), 'utf8')
      return [...log.matchAll(/"event":"([a-z-]+)"/g)].map(([, event = '']) => event)
    },
  }
}
