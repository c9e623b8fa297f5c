import { spawn } from 'node:child_process'
import { faulty, ok, type Fault, type Result } from '../suites/fault.ts'
import type { Sample, Statement } from '../suites/statement.ts'
import { HOOKS, type HookName, type HookTable } from '../reports/report.ts'
import type { RunDirectory } from '../reports/run-directory.ts'

/** Commands of the bench that do what no network connection can: press reset, cut the power, flash, sign. */
export interface Hooks {
  has(name: HookName): boolean
  /** Runs the hook for a sample; false where it failed. Journalled either way; a failure is a fault of the lab. */
  run(name: HookName, sample: Sample, more?: Record<string, string>): Promise<boolean>
  /** A hook that ended well without doing what it is for. */
  blame(code: string, values: Fault['values']): void
  faults(): readonly Fault[]
}

interface HooksOptions {
  table: HookTable
  statement: Statement
  run: RunDirectory
  redact(bytes: Uint8Array): Uint8Array
  /** Environment variables of the bench that no command needs. */
  hidden?: readonly string[]
  signal: AbortSignal
}

const DEFAULT_SECONDS = 300
/** Read of what a hook says, and kept in the journal of it. */
const MOST_READ = 65_536
const MOST_KEPT = 2_000

export function makeHooks({ table, statement, run, redact, hidden = [], signal }: HooksOptions): Hooks {
  const faults: Fault[] = []
  return {
    has: (name) => table[name] !== undefined,
    blame: (code, values) => void faults.push({ code, values }),
    faults: () => faults,
    async run(name, sample, more = {}) {
      const hook = table[name]
      if (!hook) return false
      const { exit, milliseconds, output } = await execute(
        hook,
        environmentOf(name, statement, sample, { hidden, more }),
        signal,
      )
      // Cut only after redaction: half a secret would not be recognised.
      const said = Buffer.from(redact(output)).toString('utf8').trim().slice(-MOST_KEPT).toWellFormed()
      run.append({
        type: 'note',
        about: { code: 'run.hook-ran', values: { hook: name, exit, milliseconds, output: said } },
      })
      if (exit !== '0')
        faults.push({
          code: 'hook-failed',
          values: {
            hook: name,
            exit,
            seconds: Math.round(milliseconds / 1000),
            output: said.slice(-300).toWellFormed() || '–',
          },
        })
      return exit === '0'
    },
  }
}

/** The caller's environment without the secrets the statement refers to, and what the hook is to work on. */
function environmentOf(
  name: HookName,
  statement: Statement,
  sample: Sample,
  { hidden, more }: { hidden: readonly string[]; more: Record<string, string> },
): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env }
  for (const { password } of statement.accounts) if (password.env !== undefined) delete environment[password.env]
  for (const name of hidden) delete environment[name]
  const { ipv4, ipv6 } = sample.addresses
  return {
    ...environment,
    CAMSEAL_HOOK: name,
    CAMSEAL_DUT_ADDRESS: ipv4 ?? ipv6 ?? '',
    CAMSEAL_DUT_IPV4: ipv4 ?? '',
    CAMSEAL_DUT_IPV6: ipv6 ?? '',
    CAMSEAL_DUT_SERIAL: sample.serial,
    CAMSEAL_DUT_MODEL: statement.dut.model,
    CAMSEAL_DUT_FIRMWARE: statement.dut.firmware.version,
    ...more,
  }
}

interface Executed {
  /** Exit code, name of the signal, `timed-out`, `cancelled`, or why it could not be started. */
  exit: string
  milliseconds: number
  output: Uint8Array
}

/** A program of its own process group, without a shell unless the bench asked for one; all of it is ended when late. */
function execute(
  hook: NonNullable<HookTable[HookName]>,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Executed> {
  const [file = '', ...args] = hook.shell === undefined ? (hook.command ?? []) : ['/bin/sh', '-c', hook.shell]
  const began = performance.now()
  const chunks: Buffer[] = []
  let bytes = 0
  let ending: string | null = null
  return new Promise((done) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true })
    const end = (why: string) => {
      ending ??= why
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // it has ended by itself
      }
    }
    const clock = setTimeout(() => end('timed-out'), (hook.seconds ?? DEFAULT_SECONDS) * 1000)
    const cancel = () => end('cancelled')
    signal.addEventListener('abort', cancel, { once: true })
    const settle = (exit: string) => {
      clearTimeout(clock)
      signal.removeEventListener('abort', cancel)
      // What the hook left running must not keep the pipes of the lab open.
      end('ended')
      for (const stream of [child.stdout, child.stderr]) stream.destroy()
      done({ exit, milliseconds: Math.round(performance.now() - began), output: Buffer.concat(chunks) })
    }
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (d: Buffer) => {
        if (bytes < MOST_READ) chunks.push(d.subarray(0, MOST_READ - bytes))
        bytes += d.length
      })
    child.once('error', (e: NodeJS.ErrnoException) => settle(e.code ?? e.message))
    child.once('exit', (code, killed) => setImmediate(() => settle(ending ?? String(code ?? killed))))
  })
}

/** Hooks of the command line, `NAME=COMMAND`; they stand before those of the bench file. */
export function hooksFrom(
  { hook = [], hookShell = [], hookSeconds }: { hook?: string[]; hookShell?: string[]; hookSeconds?: string },
  bench: HookTable = {},
): Result<HookTable> {
  const faults: Fault[] = []
  const table: HookTable = { ...bench }
  const seconds = hookSeconds === undefined ? undefined : Number(hookSeconds)
  if (seconds !== undefined && !(Number.isInteger(seconds) && seconds >= 1 && seconds <= 3600))
    faults.push({ code: 'out-of-range', values: { expected: '1 … 3600' }, field: '--hook-seconds' })
  const add = (field: string, given: string, make: (command: string) => HookTable[HookName] | null) => {
    const at = given.indexOf('=')
    const name = HOOKS.find((h) => h === given.slice(0, at))
    const made = name && given.slice(at + 1).trim() !== '' ? make(given.slice(at + 1)) : null
    if (!name) faults.push({ code: 'hook-form', values: { given, known: HOOKS.join(', ') }, field })
    else if (!made) faults.push({ code: 'hook-command', values: { given }, field })
    else table[name] = { ...made, ...(seconds === undefined ? {} : { seconds }) }
  }
  for (const h of hook) add('--hook', h, (command) => (wordsOf(command) ? { command: wordsOf(command) ?? [] } : null))
  for (const h of hookShell) add('--hook-shell', h, (shell) => ({ shell }))
  return faults.length > 0 ? faulty(...faults) : ok(table)
}

/** Words of a command line without a shell: blanks part, quotes hold together; null where a quote stays open. */
export function wordsOf(command: string): string[] | null {
  const words: string[] = []
  let rest = command.trim()
  while (rest !== '') {
    const found = /^(?:"[^"]*"|'[^']*'|[^\s"'])+(?=\s|$)/.exec(rest)
    if (!found) return null
    words.push(
      found[0].replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
    )
    rest = rest.slice(found[0].length).trimStart()
  }
  return words.length > 0 ? words : null
}
