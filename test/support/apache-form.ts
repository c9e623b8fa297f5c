import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Session } from '../../suites/statement.ts'

/** Apache with mod_auth_form and mod_session_cookie: pages over TLS behind a log-in by a form. */
export interface FormServer {
  /** What the server said of failed log-ins. */
  log: string
  /** Gives a user another password, as an administrator at the console does. */
  setPassword(user: string, password: string): void
  stop(): Promise<void>
}

export const APACHE_SESSION: Session = {
  logIn: {
    method: 'POST',
    target: '/log-in',
    contentType: 'application/x-www-form-urlencoded',
    body: 'httpd_username={{user}}&httpd_password={{password}}',
  },
  logOut: { method: 'GET', target: '/log-out' },
}

const MODULES = [
  'mpm_event',
  'authn_core',
  'authn_file',
  'authz_core',
  'authz_user',
  'auth_form',
  'request',
  'session',
  'session_cookie',
  'session_crypto',
  'ssl',
  'dir',
]

const PAGE = '<html><body><h1>Settings of the camera</h1><p>Model F-1, serial F1-0001, version 1.0</p></body></html>'
const FORM =
  '<html><body><form method="post" action="/log-in">User <input name="httpd_username"> password <input name="httpd_password" type="password"><button>Log in</button></form></body></html>'

export interface ApacheSession {
  /** Of the session cookie. */
  attributes: string
  /** The browser gets the session sealed, or to read. */
  sealed: boolean
  /** Further directives wherever sessions are kept. */
  more?: string
}

export async function apacheForm(
  address: string,
  port: number,
  users: Record<string, string>,
  kept: ApacheSession = { attributes: 'path=/;httponly;secure', sealed: true },
): Promise<FormServer> {
  const directory = mkdtempSync(join(tmpdir(), 'apache-'))
  mkdirSync(join(directory, 'www', 'private'), { recursive: true })
  writeFileSync(join(directory, 'www', 'index.html'), FORM)
  writeFileSync(join(directory, 'www', 'private', 'index.html'), PAGE)
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const known = new Map<string, string>()
  const setPassword = (user: string, password: string) => {
    known.set(user, openssl('passwd', '-apr1', password).trim())
    writeFileSync(join(directory, 'users'), [...known].map(([name, hash]) => `${name}:${hash}\n`).join(''))
  }
  for (const [user, password] of Object.entries(users)) setPassword(user, password)
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')]
  openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '100'],
    ...['-subj', '/CN=camera', '-keyout', key, '-out', certificate],
  )
  const session = `Session On\nSessionCookieName session ${kept.attributes}${kept.sealed ? '\nSessionCryptoPassphrase of-a-test-0001' : ''}\n${kept.more ?? ''}`
  const form = `AuthType form\nAuthName camera\nAuthFormProvider file\nAuthUserFile ${directory}/users\nAuthFormLoginRequiredLocation /`
  const file = join(directory, 'apache.conf')
  writeFileSync(
    file,
    `ServerRoot ${directory}
ServerName camera
PidFile ${directory}/pid
Listen ${address}:${port}
ErrorLog ${directory}/error.log
${MODULES.filter((m) => kept.sealed || m !== 'session_crypto')
  .map((m) => `LoadModule ${m}_module /usr/lib/apache2/modules/mod_${m}.so`)
  .join('\n')}
SSLEngine on
SSLCertificateFile ${certificate}
SSLCertificateKeyFile ${key}
SSLProtocol -all +TLSv1.2 +TLSv1.3
DocumentRoot ${directory}/www
<Location /private>
${form}
${session}
Require valid-user
</Location>
<Location /log-in>
SetHandler form-login-handler
${form}
AuthFormLoginSuccessLocation /private/
${session}
Require all granted
</Location>
<Location /log-out>
SetHandler form-logout-handler
AuthFormLogoutLocation /
${session}
SessionMaxAge 1
</Location>
`,
  )
  // It refuses to serve as root, and takes nobody's rights where there is only one user.
  const child = spawn('unshare', ['--user', '--map-user=1000', '/usr/sbin/apache2', '-f', file, '-X'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (d: Buffer) => (said = (said + d.toString('utf8')).slice(-2000)))
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(directory, { recursive: true, force: true })
  }
  const isOpen = () =>
    new Promise<boolean>((done) => {
      const socket = connect(port, address, () => done(true)).on('error', () => done(false))
      socket.once('connect', () => socket.destroy())
    })
  for (let i = 0; i < 200 && child.exitCode === null; i++) {
    if (await isOpen()) return { log: join(directory, 'error.log'), setPassword, stop }
    await new Promise((wait) => setTimeout(wait, 50))
  }
  await stop()
  throw new Error(`apache2 did not start: ${said}`)
}
