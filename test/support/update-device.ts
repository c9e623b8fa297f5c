import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import type { Statement } from '../../suites/statement.ts'
import { emptyStatement } from './bench.ts'

/** What a camera-like device with a web upload does with a package. */
export interface Manners {
  /** Says 200 "Ok" to everything, whatever it then does. */
  lies?: boolean
  checksSignature?: boolean
  /** A signature of zeros counts as none, and none is needed. */
  acceptsUnsigned?: boolean
  refusesOlder?: boolean
  /** Accepts nothing at all. */
  refusesAll?: boolean
  /** A package with a wrong signature ends it for good. */
  breaks?: boolean
  /** Forgets the password with every update. */
  forgets?: boolean
  bootMilliseconds?: number
}

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const PRIVATE = createPrivateKey(keys.privateKey.export({ type: 'pkcs8', format: 'pem' }))
const PUBLIC = createPublicKey(PRIVATE)
export const SIGNATURE_BYTES = 64

/** An archive with its signature behind it. */
export const signed = (archive: Uint8Array): Buffer =>
  Buffer.concat([archive, sign('sha256', archive, { key: PRIVATE, dsaEncoding: 'ieee-p1363' })])

const compare = (a: string, b: string): number => {
  const [x, y] = [a.split('.').map(Number), b.split('.').map(Number)]
  return x.map((n, i) => n - (y[i] ?? 0)).find((d) => d !== 0) ?? 0
}

export interface UpdateDevice {
  port: number
  version(): string
  stop(): Promise<void>
}

/** Starts on `version`; reads the version of a package from the file `version` of its archive. */
export async function startUpdateDevice(version: string, manners: Manners): Promise<UpdateDevice> {
  let installed = version
  let password = 'right-Pass-1'
  const install = (body: Buffer): boolean => {
    const archive = body.subarray(0, -SIGNATURE_BYTES)
    const signature = body.subarray(-SIGNATURE_BYTES)
    const good = verify('sha256', archive, { key: PUBLIC, dsaEncoding: 'ieee-p1363' }, signature)
    const unsigned = signature.every((b) => b === 0)
    if (manners.refusesAll) return false
    if (manners.checksSignature && !good && !(manners.acceptsUnsigned && unsigned)) {
      if (manners.breaks) setTimeout(() => void close(), 20)
      return false
    }
    let found: string | undefined
    try {
      found = /\n?version\0[^]*?([0-9]+\.[0-9]+\.[0-9]+)/.exec(gunzipSync(archive).toString('latin1'))?.[1]
    } catch {
      return false
    }
    if (found === undefined || (manners.refusesOlder && compare(found, installed) <= 0)) return false
    setTimeout(() => void reboot(found), 30)
    return true
  }
  const make = (): Server =>
    createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (d: Buffer) => parts.push(d))
      request.on('end', () => {
        if (request.headers.authorization !== `Basic ${btoa(`admin:${password}`)}`)
          return void response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="c"' }).end('no')
        if (request.url === '/version') return void response.end(`firmware V${installed} build 7\n`)
        if (request.url !== '/update') return void response.writeHead(404).end()
        const accepted = install(Buffer.concat(parts))
        response
          .writeHead(accepted || manners.lies ? 200 : 400)
          .end(accepted || manners.lies ? 'Ok, rebooting' : 'refused')
      })
    })
  let server = make()
  let stopped = false
  const listen = (port: number) => new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready))
  const close = () =>
    new Promise<void>((done) => {
      if (!server.listening) return done()
      server.close(() => done())
      server.closeAllConnections()
    })
  await listen(0)
  const { port } = server.address() as AddressInfo
  const reboot = async (to: string) => {
    await close()
    installed = to
    if (manners.forgets) password = 'factory'
    await new Promise((r) => setTimeout(r, manners.bootMilliseconds ?? 300))
    if (stopped) return
    server = make()
    await listen(port)
  }
  return {
    port,
    version: () => installed,
    async stop() {
      stopped = true
      await close()
    },
  }
}

/** Its statement; packages are given by the test. */
export const updateStatement = (port: number, update: Partial<Statement['updates'][number]>): Statement =>
  emptyStatement({
    services: [{ id: 'web', transport: 'tcp', port, protocol: 'http', families: ['ipv4'], purpose: 'web' }],
    accounts: [{ id: 'owner', user: 'admin', password: { env: 'X' }, role: 'administrator' }],
    logins: [{ id: 'web', service: 'web', account: 'owner', target: '/version' }],
    updates: [
      {
        id: 'web-update',
        upload: {
          service: 'web',
          method: 'POST',
          target: '/update',
          account: 'owner',
          contentType: 'application/octet-stream',
          body: '{{package}}',
        },
        version: { service: 'web', target: '/version', account: 'owner', pattern: 'V([0-9.]+)' },
        format: 'gzip-tar',
        signed: true,
        packages: { genuine: { file: 'genuine', version: '1.1.0' } },
        bootSeconds: 1,
        ...update,
      },
    ],
  })
