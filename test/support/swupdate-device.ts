import { createHash } from 'node:crypto'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OnlineUpdate, Statement } from '../../suites/statement.ts'
import { emptyStatement } from './bench.ts'

/** How the device gets its updates: SWUpdate fetches them itself, or curl does after a look at a manifest; cpio checks nothing. */
export type Fetching = 'swupdate' | 'curl' | 'cpio'

/** One after the other: SWUpdate does not run twice in the same place. */
const ALONE = 'exec 9> lock; flock -w 8 9 || exit 0'

/** A look at the manifest over TLS, for a newer version, and whether all of it has come. */
const CURL = String.raw`
${ALONE}; set -e
m=$(curl -sf --max-time 10 --cacert ca.crt "https://$LAB/latest?model=SW-1&version=$(cat www/version.txt)")
of() { echo "$m" | sed -n "s/^$1=//p"; }
[ "$(of version)" != "$(cat www/version.txt)" ] || exit 0
[ "$( (of version; cat www/version.txt) | sort -V | tail -n 1)" = "$(of version)" ] || exit 0
curl -sf --max-time 10 --cacert ca.crt -o new.swu "$(of url)"
echo "$(of sha256)  new.swu" | sha256sum -c --quiet`

/** What it runs when it is told to look; `$LAB` is the address and port of the server. */
const LOOK: Record<Fetching, string> = {
  swupdate: String.raw`${ALONE}; timeout -k 1 8 swupdate $OPTIONS -d "-u http://$LAB/camera.swu -r 2 -t 10"`,
  curl: `${CURL}
timeout -k 1 8 swupdate $OPTIONS -i new.swu`,
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

/** SWUpdate behind two pages: its version, and one that makes it look for an update. Needs `swupdate`, `openssl`, `cpio`. */
export async function startSwupdateDevice(
  directory: string,
  fetching: Fetching,
  labPort: number,
): Promise<SwupdateDevice> {
  mkdirSync(join(directory, 'www'), { recursive: true })
  mkdirSync(join(directory, 'tmp'))
  const made = spawnSync('bash', [fileURLToPath(new URL('swupdate-packages.sh', import.meta.url)), directory])
  if (made.status !== 0) throw new Error(made.stderr.toString())
  writeFileSync(join(directory, 'www/version.txt'), '1.0.0\n')
  writeFileSync(join(directory, 'www/image.bin'), 'first')
  const log = join(directory, 'log')
  writeFileSync(log, '')
  const shown = (name: string) => readFileSync(join(directory, 'www', name))
  const look = (): void => {
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
    if (request.method === 'POST' && request.url === '/look') look()
    if (request.url === '/version') return void response.end(shown('version.txt'))
    response.end(createHash('sha256').update(shown('image.bin')).digest('hex'))
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  return {
    statement: declared(directory, fetching, port, labPort),
    said: () => readFileSync(log, 'utf8'),
    async stop() {
      endGroup(last)
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
function endGroup(child: ChildProcess | null): void {
  try {
    if (child?.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // They have ended.
  }
}

function declared(directory: string, fetching: Fetching, port: number, labPort: number): Statement {
  const file = (name: string, version = '1.1.0') => ({ file: join(directory, `${name}.swu`), version })
  const genuine = readFileSync(join(directory, 'genuine.swu'))
  const part = (part: 'header' | 'payload' | 'signature', name: string) => {
    const bytes = readFileSync(join(directory, name))
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
