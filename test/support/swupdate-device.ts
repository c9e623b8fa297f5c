import { createHash } from 'node:crypto'
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { OnlineUpdate, Statement } from '../../suites/statement.ts'
import { emptyStatement } from './bench.ts'

/** How the device gets its updates: SWUpdate fetches them itself, or curl does after a look at a manifest; cpio checks nothing. */
export type Fetching = 'swupdate' | 'curl' | 'cpio'

/** A look at the manifest over TLS, for a newer version, and whether all of it has come. */
const CURL = String.raw`
set -e
m=$(curl -sf --max-time 10 --cacert ca.crt "https://$LAB/latest?model=SW-1&version=$(cat www/version.txt)")
of() { echo "$m" | sed -n "s/^$1=//p"; }
[ "$(of version)" != "$(cat www/version.txt)" ] || exit 0
[ "$( (of version; cat www/version.txt) | sort -V | tail -n 1)" = "$(of version)" ] || exit 0
curl -sf --max-time 10 --cacert ca.crt -o new.swu "$(of url)"
echo "$(of sha256)  new.swu" | sha256sum -c --quiet`

/** What it runs when it is told to look; `$LAB` is the address and port of the server. */
const LOOK: Record<Fetching, string> = {
  swupdate: String.raw`swupdate $OPTIONS -d "-u http://$LAB/camera.swu -r 2 -t 10"`,
  curl: `${CURL}
swupdate $OPTIONS -i new.swu`,
  cpio: `${CURL}
(cd tmp && cpio -idu --quiet < ../new.swu || :)
cp tmp/version.txt tmp/image.bin www`,
}

export interface SwupdateDevice {
  statement: Statement
  /** What SWUpdate said so far. */
  said(): string
  stop(): Promise<void>
}

const PACKAGES = fileURLToPath(new URL('../devices/swupdate/packages.sh', import.meta.url))

/** The maker's authority for update servers, which the device trusts. */
function makeAuthority(directory: string): void {
  const args = '-x509 -newkey rsa:2048 -nodes -sha256 -days 9 -keyout ca.key -out ca.crt -subj /CN=updates'
  execFileSync('openssl', ['req', ...args.split(' ')], { cwd: directory, stdio: 'ignore' })
}

/** SWUpdate behind two pages: its version, and one that makes it look for an update. Needs `swupdate`, `openssl`, `cpio`. */
export async function startSwupdateDevice(
  directory: string,
  fetching: Fetching,
  labPort: number,
): Promise<SwupdateDevice> {
  mkdirSync(join(directory, 'www'), { recursive: true })
  mkdirSync(join(directory, 'tmp'))
  const www = join(directory, 'www')
  const made = spawnSync('bash', [PACKAGES, directory, www, '300000'])
  if (made.status !== 0) throw new Error(made.stderr.toString())
  if (fetching !== 'swupdate') makeAuthority(directory)
  writeFileSync(join(directory, 'www/version.txt'), '1.0.0\n')
  writeFileSync(join(directory, 'www/image.bin'), 'first')
  const log = join(directory, 'log')
  writeFileSync(log, '')
  const shown = (name: string) => readFileSync(join(directory, 'www', name))
  // SWUpdate does not run twice in the same place: a new look ends the one before.
  const look = async (): Promise<void> => {
    await endGroup(last)
    const version = shown('version.txt').toString().trim()
    const options = ['-v', '-k', join(directory, 'maker.crt'), '-H', 'camera:A', '-N', version, '-R', version].join(' ')
    const env = { ...process.env, OPTIONS: options, LAB: `127.0.0.1:${labPort}`, TMPDIR: join(directory, 'tmp') }
    const child = spawn('bash', ['-c', LOOK[fetching]], {
      cwd: directory,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (d: Buffer) => appendFileSync(log, d))
    last = child
  }
  let last: ChildProcess | null = null
  const server = createServer((request, response) => {
    if (request.method === 'POST' && request.url === '/look') return void look().then(() => response.end())
    if (request.url === '/version') return void response.end(shown('version.txt'))
    response.end(createHash('sha256').update(shown('image.bin')).digest('hex'))
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  return {
    statement: declared(directory, fetching, port, labPort),
    said: () => readFileSync(log, 'utf8'),
    async stop() {
      await endGroup(last)
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

const onlineOf = (directory: string, fetching: Fetching): Pick<OnlineUpdate, 'protocol' | 'files' | 'authority'> =>
  fetching === 'swupdate'
    ? { protocol: 'http', files: [{ target: '/camera.swu', package: true }] }
    : {
        protocol: 'https',
        authority: { certificate: join(directory, 'ca.crt'), key: join(directory, 'ca.key') },
        files: [
          {
            target: '/latest',
            contentType: 'text/plain',
            body: 'version={{package-version}}\nurl={{package-url}}\nsha256={{package-sha256}}\n',
          },
          { target: '/camera-{{package-version}}.swu', package: true },
        ],
      }

/** SWUpdate has processes of its own. */
async function endGroup(child: ChildProcess | null): Promise<void> {
  if (child?.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    return
  }
  // 'close' comes when the last of them has let go of what it writes to.
  await Promise.race([new Promise((closed) => child.once('close', closed)), delay(2_000)])
}

function declared(directory: string, fetching: Fetching, port: number, labPort: number): Statement {
  const file = (name: string, version = '1.1.0') => ({ file: join(directory, `${name}.swu`), version })
  const genuine = readFileSync(join(directory, 'genuine.swu'))
  const part = (part: 'header' | 'payload' | 'signature', name: string) => {
    const bytes = readFileSync(join(directory, 'parts', name))
    return { part, offset: genuine.indexOf(bytes), bytes: bytes.length }
  }
  return emptyStatement({
    services: [{ id: 'web', transport: 'tcp', port, protocol: 'http', families: ['ipv4'], purpose: 'web' }],
    updates: [
      {
        id: 'u',
        online: {
          ...onlineOf(directory, fetching),
          port: labPort,
          trigger: { service: 'web', method: 'POST', target: '/look' },
          checkSeconds: 5,
        },
        version: { service: 'web', target: '/version', pattern: '([0-9]+[.][0-9.]+)' },
        content: { service: 'web', target: '/content', pattern: '([0-9a-f]+)' },
        format: 'opaque',
        layout: [
          part('header', 'sw-description'),
          part('signature', 'sw-description.sig'),
          part('payload', 'image.bin'),
        ],
        signed: true,
        packages: {
          genuine: file('genuine'),
          older: file('older', '0.9.0'),
          unsigned: file('unsigned'),
          foreignKey: file('foreign-key'),
          otherModel: file('other-model'),
        },
        bootSeconds: 1,
      },
    ],
  })
}
