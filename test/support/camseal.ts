import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The command line as a user has it: as built, else from source. */
const built = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const source = fileURLToPath(new URL('../../cli.ts', import.meta.url))
export const camsealArgv = (): string[] =>
  existsSync(built) ? [process.execPath, built] : [process.execPath, '--import', 'tsx', source]

export interface Running {
  child: ChildProcess
  /** Exit code; null where it was killed. */
  ended: Promise<Ran>
}

export interface Ran {
  code: number | null
  stdout: string
  stderr: string
  seconds: number
}

/** Starts `camseal` with arguments; it is killed after `seconds`, so that no test waits for ever. */
export function startCamseal(
  args: string[],
  { env = {}, seconds = 120, wrap = [] }: { env?: Record<string, string>; seconds?: number; wrap?: string[] } = {},
): Running {
  const [file = '', ...rest] = [...wrap, ...camsealArgv(), ...args]
  const began = performance.now()
  const child = spawn(file, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CAMSEAL_LANG: 'en', NODE_NO_WARNINGS: '1', ...env },
  })
  let [stdout, stderr] = ['', '']
  child.stdout?.on('data', (d: Buffer) => (stdout += d.toString('utf8')))
  child.stderr?.on('data', (d: Buffer) => (stderr += d.toString('utf8')))
  const clock = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
  const ended = new Promise<Ran>((done) => {
    child.once('close', (code) => {
      clearTimeout(clock)
      done({ code, stdout, stderr, seconds: (performance.now() - began) / 1000 })
    })
  })
  return { child, ended }
}

export const camseal = (args: string[], options: Parameters<typeof startCamseal>[1] = {}): Promise<Ran> =>
  startCamseal(args, options).ended
