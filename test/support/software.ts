import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Servers that others wrote, on loopback, each in a folder of its own; stopped by their process alone. */

export interface Software {
  port: number
  directory: string
  stop(): Promise<void>
}

export const has = (...commands: string[]): boolean =>
  commands.every((c) =>
    ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/bin'].some((d) => existsSync(join(d, c))),
  )

/** A port that is free now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket
      .once('connect', () => resolve(true))
      .once('error', () => resolve(false))
      .once('close', () => undefined)
    socket.setTimeout(500, () => resolve(false))
    setTimeout(() => socket.destroy(), 100).unref()
  })

async function run(argv: string[], port: number, directory: string): Promise<Software> {
  const [file = '', ...args] = argv
  const child: ChildProcess = spawn(file, args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (d: Buffer) => {
    said = (said + d.toString('latin1')).slice(-2000)
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
    rmSync(directory, { recursive: true, force: true })
  }
  for (let i = 0; i < 100; i++) {
    if (await isOpen(port)) return { port, directory, stop }
    if (child.exitCode !== null) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await stop()
  throw new Error(`${file} did not start: ${said}`)
}

export type Files = Record<string, string | Uint8Array>

function folder(files: Files): string {
  const directory = mkdtempSync(join(tmpdir(), 'software-'))
  mkdirSync(join(directory, 'www'))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, 'www', name)), { recursive: true })
    writeFileSync(join(directory, 'www', name), content)
  }
  return directory
}

/** busybox httpd; `rights` are lines of its configuration (`/path:user:password`). */
export async function busyboxHttpd(files: Files, rights: string[] = []): Promise<Software> {
  const [directory, port] = [folder(files), await freePort()]
  writeFileSync(join(directory, 'httpd.conf'), `${rights.join('\n')}\n`)
  return await run(
    [
      'busybox',
      'httpd',
      '-f',
      '-p',
      `127.0.0.1:${port}`,
      '-h',
      join(directory, 'www'),
      '-c',
      join(directory, 'httpd.conf'),
    ],
    port,
    directory,
  )
}

/** lighttpd with Digest (MD5) before `path`. */
export async function lighttpdDigest(files: Files, path: string, users: Record<string, string>): Promise<Software> {
  const [directory, port] = [folder(files), await freePort()]
  const secret = (user: string, password: string): string =>
    createHash('md5').update(`${user}:camera:${password}`).digest('hex')
  writeFileSync(
    join(directory, 'users'),
    Object.entries(users)
      .map(([user, password]) => `${user}:camera:${secret(user, password)}\n`)
      .join(''),
  )
  writeFileSync(
    join(directory, 'lighttpd.conf'),
    [
      `server.document-root = "${directory}/www"`,
      `server.port = ${port}`,
      'server.bind = "127.0.0.1"',
      'index-file.names = ("index.html")',
      'server.modules = ("mod_auth", "mod_authn_file")',
      'mimetype.assign = (".html" => "text/html", ".txt" => "text/plain")',
      'auth.backend = "htdigest"',
      `auth.backend.htdigest.userfile = "${directory}/users"`,
      `auth.require = ("${path}" => ("method" => "digest", "realm" => "camera", "require" => "valid-user"))`,
      '',
    ].join('\n'),
  )
  return await run(['lighttpd', '-D', '-f', join(directory, 'lighttpd.conf')], port, directory)
}

/** nginx with a few locations, Basic before /private/. */
export async function nginx(files: Files, { user, password }: { user: string; password: string }): Promise<Software> {
  const [directory, port] = [folder(files), await freePort()]
  writeFileSync(join(directory, 'users'), `${user}:{PLAIN}${password}\n`)
  writeFileSync(
    join(directory, 'nginx.conf'),
    `
daemon off; master_process off; pid ${directory}/pid; error_log ${directory}/error.log;
events {}
http {
  access_log off; client_body_temp_path ${directory}/a; proxy_temp_path ${directory}/b; fastcgi_temp_path ${directory}/c;
  uwsgi_temp_path ${directory}/d; scgi_temp_path ${directory}/e;
  server {
    listen 127.0.0.1:${port}; root ${directory}/www;
    location /private/ { auth_basic "camera"; auth_basic_user_file ${directory}/users; }
    location /elsewhere { return 302 http://127.0.0.1:1/; }
    location /limit { limit_rate 2k; }
  }
}
`,
  )
  return await run(['nginx', '-c', join(directory, 'nginx.conf'), '-e', join(directory, 'error.log')], port, directory)
}

/** Python's http.server: HTTP/1.0, closes after every answer. */
export async function pythonHttp(files: Files): Promise<Software> {
  const [directory, port] = [folder(files), await freePort()]
  return await run(
    ['python3', '-m', 'http.server', '-b', '127.0.0.1', '-d', join(directory, 'www'), String(port)],
    port,
    directory,
  )
}

/** motion's web control, open to anybody. */
export async function motion(): Promise<Software> {
  const [directory, port, stream] = [folder({}), await freePort(), await freePort()]
  writeFileSync(
    join(directory, 'motion.conf'),
    [
      'daemon off',
      'log_file /dev/null',
      `target_dir ${directory}`,
      'netcam_url file:///nonexistent.mp4',
      'width 320',
      'height 240',
      'framerate 5',
      'picture_output off',
      'movie_output off',
      `webcontrol_port ${port}`,
      'webcontrol_localhost on',
      'webcontrol_parms 3',
      'webcontrol_interface 0',
      `stream_port ${stream}`,
      'stream_localhost on',
      'stream_maxrate 5',
      '',
    ].join('\n'),
  )
  return await run(['motion', '-n', '-c', join(directory, 'motion.conf')], port, directory)
}

/** gst-rtsp-server by the launcher of the test devices; `paths` are `/path=open` or `/path=account`. */
export async function gstRtsp(
  paths: string[],
  { user, password }: { user: string; password: string },
): Promise<Software> {
  const [directory, port] = [folder({}), await freePort()]
  const machinery = fileURLToPath(new URL('../devices/machinery/', import.meta.url))
  const built = spawnSync('bash', [join(machinery, 'build.sh'), join(machinery, '../../../.cache/devices')], {
    encoding: 'latin1',
  })
  if (built.status !== 0) throw new Error(built.stderr)
  writeFileSync(join(directory, 'password'), `${password}\n`)
  const program = join(machinery, '../../../.cache/devices/rtsp-server')
  return await run(
    [
      program,
      '-a',
      '127.0.0.1',
      '-p',
      String(port),
      '-u',
      user,
      '-w',
      join(directory, 'password'),
      '-r',
      'camera',
      ...paths,
    ],
    port,
    directory,
  )
}
