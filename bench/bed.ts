import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const LONGEST_S = 600

export interface Outcome {
  milliseconds: number
  kilobytes: number
  findings: unknown
}

export interface Bed {
  folder: string
  /** Runs a program of ours where the device can be reached. */
  ours(work: string, ...args: string[]): Outcome
  /** Runs somebody else's program there; `read` takes the findings out of what it prints. */
  peer(command: readonly string[], read: (printed: string) => unknown): Outcome
  /** Connections opened to the TLS endpoint since the last call. */
  connections(): number
  down(): void
}

/** Why the bed cannot be laid here, or null. */
export function missingForBed(): string | null {
  if (process.getuid?.() !== 0) return 'the network bed needs root (network namespaces)'
  const missing = ['ip', 'nft', 'ethtool', 'gcc', 'openssl', 'nmap', 'sslscan'].filter(
    (p) => spawnSync('sh', ['-c', `command -v ${p}`]).status !== 0,
  )
  return missing.length === 0 ? null : `the network bed needs ${missing.join(', ')}`
}

/** Namespaces with a device behind three paths. Everything ends with `down`. */
export async function layBed(): Promise<Bed> {
  const folder = mkdtempSync(join(tmpdir(), 'camseal-bench-'))
  const bed = (verb: string) => checked('bash', [join(here, 'bed.sh'), verb, folder])
  const device: { process: ChildProcess | null } = { process: null }
  const down = () => {
    device.process?.kill('SIGKILL')
    bed('down')
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    bed('down')
    bed('up')
    checked('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=bench'],
      ...['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'certificate.pem')],
    ])
    device.process = spawn('ip', inside('csb-dut', node(join(here, 'work/device.ts'), folder)), {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise<void>((ready, failed) => {
      device.process?.stdout?.once('data', () => ready())
      device.process?.once('exit', () => failed(new Error('the device of the bench did not start')))
    })
  } catch (error) {
    down()
    throw error
  }
  const run = (command: readonly string[]) => {
    const began = performance.now()
    const done = spawnSync(
      'ip',
      inside('csb-lab', ['/usr/bin/time', '-f', '%M', '-o', join(folder, 'rss'), ...command]),
      {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
        timeout: LONGEST_S * 1000,
      },
    )
    return {
      printed: done.stdout,
      milliseconds: performance.now() - began,
      kilobytes: peak(folder),
      status: done.status,
    }
  }
  let counted = 0
  return {
    folder,
    ours(work, ...args) {
      const { printed, status } = run(node(join(here, 'work', `${work}.ts`), ...args))
      if (status !== 0) throw new Error(`${work} ${args.join(' ')} ended with ${status}`)
      return JSON.parse(printed) as Outcome
    },
    peer(command, read) {
      const { printed, milliseconds, kilobytes } = run(command)
      return { milliseconds, kilobytes, findings: read(printed) }
    },
    connections() {
      const all = spawnSync('ip', inside('csb-dut', ['nft', 'list', 'counter', 'inet', 'bed', 'opened']), {
        encoding: 'utf8',
      })
      const total = Number(/packets (\d+)/.exec(all.stdout)?.[1] ?? 0)
      const since = total - counted
      counted = total
      return since
    },
    down,
  }
}

const inside = (namespace: string, command: readonly string[]) => ['netns', 'exec', namespace, ...command]
const node = (file: string, ...args: string[]) => [process.execPath, '--import', 'tsx', file, ...args]

function peak(folder: string): number {
  const { stdout } = spawnSync('cat', [join(folder, 'rss')], { encoding: 'utf8' })
  return Number(stdout.trim().split('\n').at(-1) ?? 0)
}

export function checked(command: string, args: readonly string[]): string {
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.stderr || done.error?.message}`)
  return done.stdout
}
