import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { connect } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether a program is installed. */
export const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

/** Starts a program; its end and every later one is the caller's. */
export function start(program: string, args: string[]): ChildProcess {
  return spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'] })
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 2000)
  await gone
  clearTimeout(timer)
}

/** Waits until something listens; throws after ten seconds. */
export async function listening(host: string, port: number): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect({ host, port })
      socket
        .on('connect', () => resolve(true))
        .on('error', () => resolve(false))
        .on('connect', () => socket.destroy())
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`nothing listens at ${host}:${port}`)
}

/** Output of a program that ends by itself. */
export function output(program: string, args: string[], seconds = 60): string {
  const { stdout, status, stderr } = spawnSync(program, args, { timeout: seconds * 1000, maxBuffer: 1 << 26 })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${status} ${stderr.toString('utf8')}`)
  return stdout.toString('utf8')
}

export interface Ran {
  code: number | null
  /** One character for each byte. */
  out: string
  /** With what it said on standard error. */
  all: string
}

/** Runs a program while this process goes on serving it. */
export async function ran(
  program: string,
  args: readonly string[],
  { seconds = 50, input = '', env = {} }: { seconds?: number; input?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  const child = spawn(program, args, { timeout: seconds * 1000, env: { ...process.env, ...env } })
  let [out, all] = ['', '']
  child.stdout.on('data', (d: Buffer) => (out += d.toString('latin1')))
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (d: Buffer) => (all += d.toString('latin1')))
  child.stdin.on('error', () => undefined).end(input)
  const code = await new Promise<number | null>((done) => child.once('close', done))
  return { code, out, all }
}

/** Everything a program says while this process goes on serving it. */
export const said = async (program: string, args: string[], seconds = 50): Promise<string> =>
  (await ran(program, args, { seconds })).all

export interface Certificates {
  directory: string
  rsa: { cert: string; key: string }
  ec: { cert: string; key: string }
  remove(): void
}

/** Self-signed RSA-2048 and P-256 certificates in a temporary folder. */
export function certificates(): Certificates {
  const directory = mkdtempSync(join(tmpdir(), 'camseal-tls-'))
  const make = (name: string, algorithm: string[]) => {
    const [cert, key] = [join(directory, `${name}.pem`), join(directory, `${name}.key`)]
    output('openssl', [
      'req',
      '-x509',
      '-newkey',
      ...algorithm,
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '30',
      '-subj',
      '/CN=camera.test',
    ])
    return { cert, key }
  }
  return {
    directory,
    rsa: make('rsa', ['rsa:2048']),
    ec: make('ec', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** nginx with one server block that holds `directives`; its files lie in `directory`. */
export function nginx(directory: string, listen: string, directives: string[]): ChildProcess {
  const name = `nginx-${listen.replace(/\W/g, '-')}`
  const file = join(directory, `${name}.conf`)
  writeFileSync(
    file,
    [
      `daemon off; pid ${name}.pid; error_log stderr crit; events {}`,
      'http { access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;',
      `server { listen ${listen}; ${directives.join('; ')}; } }`,
    ].join('\n'),
  )
  return start('nginx', ['-p', directory, '-c', file])
}
