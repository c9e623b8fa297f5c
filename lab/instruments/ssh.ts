import ssh2, { type Algorithms, type AnyAuthMethod, type ConnectConfig } from 'ssh2'
import { identificationEnd, sshPacketLength } from '../../suites/facts/ssh-packet.ts'
import type { Failure } from '../../suites/observations/exchange.ts'
import type { RemoteStep } from '../../suites/observations/remote-credentials.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import { failureOf, openLine, type Chunk } from './line.ts'
import { record, type TryRemote } from './remote-attempt.ts'

const PATIENCE_MS = 30_000
const MOST_BYTES = 64 * 1024
const NONE: Chunk = { bytes: new Uint8Array(), end: 'closed' }

export interface SshGreeting {
  sourceAddress: string
  identification: Uint8Array
  kexInit: Uint8Array
  end: Chunk['end']
}

/** The identification and the first packet of a server, both in clear (RFC 4253 sections 4.2 and 7.1). */
export async function hearSsh(bench: Bench, to: Endpoint): Promise<SshGreeting | { failure: Failure }> {
  const opened = await openLine(bench, to, { milliseconds: 10_000 })
  if ('failure' in opened) return opened
  const { line } = opened
  const limits = { milliseconds: 15_000, maxBytes: MOST_BYTES }
  const hello = await line.read(identificationEnd, limits)
  let init = NONE
  if (hello.end === 'complete') {
    // Some servers wait for the client's identification.
    line.write(Buffer.from('SSH-2.0-camseal\r\n', 'latin1'))
    init = await line.read((b) => {
      const length = sshPacketLength(b)
      return length === 'bad' ? b.length : length
    }, limits)
  }
  line.close()
  return {
    sourceAddress: line.sourceAddress,
    identification: bench.redact(hello.bytes),
    kexInit: init.bytes,
    end: hello.end === 'complete' ? init.end : hello.end,
  }
}

/** Everything the library can do, old algorithms last: devices that speak nothing newer must be heard too. */
const everything = (): Algorithms => {
  const all = { append: /./ } as never
  return { kex: all, cipher: all, serverHostKey: all, hmac: all }
}

const base = (bench: Bench, to: Endpoint): ConnectConfig => {
  const localAddress = bench.sources(to.family)[0]
  return {
    host: to.address,
    port: to.port,
    ...(localAddress === undefined ? {} : { localAddress }),
    readyTimeout: PATIENCE_MS,
    algorithms: everything(),
  }
}

/** Connects within the budgets until the log-in is decided; null where it was. */
async function connected(bench: Bench, client: ssh2.Client, config: ConnectConfig): Promise<Failure | null> {
  const release = await bench.connection()
  await bench.attempt()
  let stop = (): void => undefined
  try {
    return await new Promise<Failure | null>((resolve) => {
      const fail = (e: Error & { level?: string }) => {
        if (e.level === 'client-authentication') return resolve(null)
        resolve(e.level === 'client-timeout' ? { code: 'timeout', detail: e.message.slice(0, 200) } : sshFailure(e))
      }
      client.on('error', fail)
      client.on('ready', () => resolve(null))
      client.on('close', () => resolve({ code: 'closed', detail: 'closed before the answer' }))
      stop = () => resolve({ code: 'lab', detail: 'cancelled' })
      bench.signal.addEventListener('abort', stop, { once: true })
      client.connect(config)
    })
  } catch (e) {
    return { code: 'lab', detail: e instanceof Error ? e.message.slice(0, 200) : 'error' }
  } finally {
    bench.signal.removeEventListener('abort', stop)
    client.on('error', () => undefined)
    client.end()
    client.destroy()
    release()
  }
}

const sshFailure = (e: NodeJS.ErrnoException): Failure => {
  const { code, detail } = failureOf(e)
  return code === 'tls-handshake'
    ? { code: 'closed', detail: detail.slice(0, 200) }
    : { code, detail: detail.slice(0, 200) }
}

/** SSH_MSG_USERAUTH_FAILURE as it was inside the encryption (RFC 4252 section 5.1). */
const failureMessage = (methods: readonly string[], partial: boolean | null): Uint8Array => {
  const names = Buffer.from(methods.join(','), 'latin1')
  const size = Buffer.alloc(4)
  size.writeUInt32BE(names.length)
  return Buffer.concat([Buffer.from([51]), size, names, Buffer.from([partial === true ? 1 : 0])])
}

/**
 * Asks to be let in without authentication, then with the password, by `password` or else `keyboard-interactive`
 * (RFC 4252 sections 5.2 and 8, RFC 4256). Whatever the host key: what is given away is published or the lab's own.
 */
export const trySsh: TryRemote = async (bench: Bench, to: Endpoint, credential: Credential | null) => {
  const recording = record(bench, to, credential)
  const { user: username, password } = credential ?? { user: 'root', password: '' }
  const client = new ssh2.Client()
  let sent: RemoteStep['sent'] | null = null
  const said = (bytes: Uint8Array) => {
    if (sent !== null) recording.step(sent, { bytes, end: 'complete' })
    sent = null
  }
  const next = (methods: readonly string[]): AnyAuthMethod | false => {
    if (!credential) return false
    if (methods.includes('password')) return { type: 'password', username, password }
    return methods.includes('keyboard-interactive')
      ? { type: 'keyboard-interactive', username, prompt: (_n, _i, _l, asked, done) => done(asked.map(() => password)) }
      : false
  }
  let isFirst = true
  client.on('ready', () => said(Uint8Array.from([52])))
  // SSH_MSG_USERAUTH_PASSWD_CHANGEREQ (RFC 4252 section 8): neither let in nor refused.
  client.on('change password', () => {
    said(Uint8Array.from([60]))
    client.end()
  })
  const failure = await connected(bench, client, {
    ...base(bench, to),
    username,
    authHandler: (methods: readonly string[] | null, partial: boolean | null, callback) => {
      if (methods === null) {
        sent = 'none'
        return callback({ type: 'none', username })
      }
      said(failureMessage(methods, partial))
      const method = isFirst ? next(methods) : false
      isFirst = false
      if (method === false) return callback(false as never)
      sent = method.type === 'password' ? 'password' : 'keyboard-interactive'
      callback(method)
    },
  })
  return recording.end('', failure)
}

/** The host key that the server shows with one algorithm (RFC 4253 section 8); the connection ends there. */
export async function hostKey(
  bench: Bench,
  to: Endpoint,
  algorithm: string,
): Promise<{ key: Uint8Array | null; failure: Failure | null }> {
  const client = new ssh2.Client()
  let key: Uint8Array | null = null
  const failure = await connected(bench, client, {
    ...base(bench, to),
    username: 'root',
    algorithms: { ...everything(), serverHostKey: [algorithm as 'ssh-rsa'] },
    hostVerifier: (shown: Buffer) => {
      key = new Uint8Array(shown)
      return false
    },
  })
  return { key, failure: key === null ? failure : null }
}
