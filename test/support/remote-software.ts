import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { freePort, type Software } from './software.ts'
import { listening } from './programs.ts'

/**
 * Log-in servers that others wrote, on loopback. Those that know only the users of the system see a list of users of
 * their own, laid over /etc in a mount namespace that ends with them.
 */

export interface User {
  user: string
  password: string
}

/** What keeps system users from being laid over; null where it can be done. */
export const withoutUsers = (): string | null =>
  process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0 ? null : 'needs root and unshare'

export const hasProgram = (path: string): boolean => existsSync(path)

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** Starts a program that stays in the foreground; `users` replaces the users of the system for it. */
async function run(argv: string[], port: number, directory: string, users?: User[]): Promise<Software> {
  const [file = '', ...args] = users ? overlaid(argv, directory, users) : argv
  const child: ChildProcess = spawn(file, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (d: Buffer) => (said = (said + d.toString('latin1')).slice(-2000)))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    // The group: servers that answer each connection by a process of its own.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL')
    await ended
    rmSync(directory, { recursive: true, force: true })
  }
  await listening('127.0.0.1', port).catch(async (e: unknown) => {
    await stop()
    throw new Error(`${file} did not start: ${said}`, { cause: e })
  })
  return { port, directory, stop }
}

function overlaid(argv: string[], directory: string, users: User[]): string[] {
  const hash = (password: string): string =>
    spawnSync('openssl', ['passwd', '-6', '-stdin'], { input: password, encoding: 'latin1' }).stdout.trim()
  const etc = join(directory, 'etc')
  mkdirSync(etc)
  const lines = (of: (u: User, i: number) => string) => `${users.map(of).join('\n')}\n`
  const daemons = ['nobody', 'sshd', 'ftp']
  writeFileSync(
    join(etc, 'passwd'),
    `${daemons.map((d, i) => `${d}:x:${65530 + i}:65534::/:/usr/sbin/nologin\n`).join('')}${lines(
      ({ user }, i) => `${user}:x:${user === 'root' ? 0 : 12_000 + i}:${user === 'root' ? 0 : 65534}::/:/bin/sh`,
    )}`,
  )
  writeFileSync(join(etc, 'group'), 'root:x:0:\nnogroup:x:65534:\ntty:x:5:\nutmp:x:43:\n')
  writeFileSync(
    join(etc, 'shadow'),
    lines(({ user, password }) => `${user}:${hash(password)}:19000:0:99999:7:::`),
  )
  const binds = ['passwd', 'group', 'shadow'].map((f) => `mount --bind ${quoted(join(etc, f))} /etc/${f}`)
  const script = ['mkdir -p /run/sshd /run/vsftpd/empty', ...binds, 'exec "$@"'].join(' && ')
  return ['unshare', '--mount', 'sh', '-c', script, 'sh', ...argv]
}

const place = async (): Promise<[string, number]> => [mkdtempSync(join(tmpdir(), 'remote-')), await freePort()]

/** OpenSSH; `lines` are added to its configuration. */
export async function openSsh(users: User[], lines: string[] = []): Promise<Software> {
  const [directory, port] = await place()
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, 'key')])
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${directory}/key`,
    'PidFile none',
    'UsePAM no',
    ...lines,
  ]
  writeFileSync(join(directory, 'config'), `${config.join('\n')}\n`)
  return await run(['/usr/sbin/sshd', '-D', '-e', '-f', join(directory, 'config')], port, directory, users)
}

/** Dropbear with an RSA key of `bits`. */
export async function dropbear(users: User[], bits: number): Promise<Software> {
  const [directory, port] = await place()
  const key = join(directory, 'key')
  spawnSync('dropbearkey', ['-t', 'rsa', '-s', String(bits), '-f', key])
  return await run(['/usr/sbin/dropbear', '-F', '-E', '-p', `127.0.0.1:${port}`, '-r', key], port, directory, users)
}

/** The telnetd of GNU inetutils with the log-in program of the system. */
export async function telnetd(users: User[]): Promise<Software> {
  const [directory, port] = await place()
  const line = `127.0.0.1:${port} stream tcp nowait root /usr/sbin/telnetd telnetd\n`
  writeFileSync(join(directory, 'inetd.conf'), line)
  const argv = ['/usr/sbin/inetutils-inetd', '-d', '-p', join(directory, 'pid'), join(directory, 'inetd.conf')]
  return await run(argv, port, directory, users)
}

/** A shell for whoever connects, as devices leave it behind from the factory test. */
export async function openShell(): Promise<Software> {
  const [directory, port] = await place()
  writeFileSync(join(directory, 'inetd.conf'), `127.0.0.1:${port} stream tcp nowait root /bin/sh sh -i\n`)
  const argv = ['/usr/sbin/inetutils-inetd', '-d', '-p', join(directory, 'pid'), join(directory, 'inetd.conf')]
  return await run(argv, port, directory)
}

/** vsftpd; `lines` are added to its configuration. */
export async function vsftpd(users: User[], lines: string[]): Promise<Software> {
  const [directory, port] = await place()
  const config = [
    'listen=YES',
    'background=NO',
    'listen_address=127.0.0.1',
    `listen_port=${port}`,
    'secure_chroot_dir=/run/vsftpd/empty',
    'seccomp_sandbox=NO',
    ...lines,
  ]
  writeFileSync(join(directory, 'config'), `${config.join('\n')}\n`)
  return await run(['/usr/sbin/vsftpd', join(directory, 'config')], port, directory, users)
}

/** Mosquitto with users of its own; `lines` are added to its configuration. */
export async function mosquitto(users: User[], lines: string[] = []): Promise<Software> {
  const [directory, port] = await place()
  const passwords = join(directory, 'passwords')
  writeFileSync(passwords, '', { mode: 0o600 })
  for (const { user, password } of users) spawnSync('mosquitto_passwd', ['-b', passwords, user, password])
  const owner = process.getuid?.() === 0 ? ['user root'] : []
  const config = [`listener ${port} 127.0.0.1`, ...owner, 'persistence false', 'log_dest none', ...lines]
  if (users.length > 0) config.push(`password_file ${passwords}`)
  writeFileSync(join(directory, 'config'), `${config.join('\n')}\n`)
  return await run(['/usr/sbin/mosquitto', '-c', join(directory, 'config')], port, directory)
}

/** Pure-FTPd; `tls` is its own number: 1 offers TLS, 2 demands it. */
export async function pureFtpd(users: User[], tls: 1 | 2, pem: string): Promise<Software> {
  const [directory, port] = await place()
  const argv = [programOf('pure-ftpd'), '-S', `127.0.0.1,${port}`, '-l', 'unix', '-E', '-u', '1', '-H']
  return await run([...argv, '-Y', String(tls), '-2', pem], port, directory, users)
}

/** ProFTPD with its module for TLS; `lines` are added to its configuration. */
export async function proftpd(users: User[], lines: string[]): Promise<Software> {
  const [directory, port] = await place()
  const program = programOf('proftpd')
  const config = [
    `ModulePath ${join(dirname(program), '../lib/proftpd')}`,
    'LoadModule mod_tls.c',
    'ServerType standalone',
    'DefaultAddress 127.0.0.1',
    'SocketBindTight on',
    'UseIPv6 off',
    `Port ${port}`,
    'User nobody',
    'Group nogroup',
    'AuthPAM off',
    'AuthOrder mod_auth_unix.c',
    'RequireValidShell off',
    'WtmpLog off',
    'TransferLog none',
    `PidFile ${directory}/pid`,
    `ScoreboardFile ${directory}/board`,
    `DelayTable ${directory}/delay`,
    'TLSEngine on',
    ...lines,
  ]
  writeFileSync(join(directory, 'config'), `${config.join('\n')}\n`)
  return await run([program, '-n', '-q', '-c', join(directory, 'config')], port, directory, users)
}

const programOf = (name: string): string =>
  spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim() || name
