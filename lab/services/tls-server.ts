import { createServer, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { Failure } from '../../suites/observations/exchange.ts'
import type { MailCommand, TlsConnection } from '../../suites/observations/tls-clients.ts'
import type { TlsClient } from '../../suites/statement.ts'
import { failureOf } from '../instruments/line.ts'
import { mailBeforeTls, mailWithinTls } from './mail-server.ts'
import { SMTP_GREETING, type Hear } from './smtp.ts'
import type { ServerIdentity } from './server-certificates.ts'

/** A connection as it goes on. */
export interface LiveConnection {
  at: number
  from: string
  /** What came before the server said anything. */
  first: Uint8Array
  /** Mail: commands without TLS; null where TLS comes first. */
  clear: MailCommand[] | null
  handshake: TlsConnection['handshake']
  version: string
  alert: string
  failure: Failure | null
  bytes: number
  /** The beginning of the data. */
  data: Uint8Array
  dataAt: number | null
  /** Null while it is open. */
  end: TlsConnection['end'] | null
  endedAt: number
}

/** A server of the lab that shows one certificate after the other on the same port. */
export interface TlsServer {
  port: number
  /** Closes what is open; who comes from now on meets this identity, and can resume no session of another one. */
  show(identity: ServerIdentity): void
  /** Who came since the present identity is shown, in order. */
  connections(): { list: readonly LiveConnection[]; left: number }
  close(): Promise<void>
}

const MOST_CONNECTIONS = 32
const MOST_FIRST_BYTES = 4_096
const MOST_DATA_BYTES = 4_096

type Context = ReturnType<typeof createSecureContext>

/** What is shown now; without a context TLS does not begin. */
interface Shown {
  shows: ServerIdentity['shows']
  context: Context | null
}

/**
 * Listens at an address of the lab and speaks TLS of every version the library has, as whatever it is told to be. It says
 * nothing after the handshake, since the client speaks first; but for mail (RFC 5321), where it is asked to speak it. Never
 * throws for what a client does.
 */
export function startTlsServer(options: {
  address: string
  port: number
  now: () => number
  protocol?: TlsClient['protocol']
}): Promise<{ server: TlsServer } | { failure: Failure }> {
  let shown: (Shown & { list: LiveConnection[]; left: number }) | null = null
  const open = new Map<Socket, LiveConnection | null>()
  const listener = createServer((socket) => {
    open.set(socket, null)
    socket.on('error', () => undefined)
    socket.once('close', () => open.delete(socket))
    if (!shown || shown.list.length >= MOST_CONNECTIONS) {
      if (shown) shown.left++
      socket.destroy()
      return
    }
    const live = follow(socket, shown, options)
    shown.list.push(live)
    open.set(socket, live)
  })
  const closeAll = (): void => {
    for (const [socket, live] of open) {
      if (live?.end === null) {
        live.end = 'lab'
        live.endedAt = options.now()
      }
      socket.destroy()
    }
  }
  const server = (port: number): TlsServer => ({
    port,
    show({ shows, key, certificates }) {
      closeAll()
      const cert = certificates.map((c) => c.toString('pem')).join('\n')
      const context =
        cert === '' ? null : createSecureContext({ key, cert, minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' })
      shown = { shows, context, list: [], left: 0 }
    },
    connections: () => ({ list: shown?.list ?? [], left: shown?.left ?? 0 }),
    close: () =>
      new Promise((done) => {
        listener.close(() => done())
        closeAll()
      }),
  })
  return new Promise((resolve) => {
    listener.once('error', (e) => resolve({ failure: failureOf(e) }))
    listener.listen({ host: options.address, port: options.port, exclusive: true, ipv6Only: true }, () => {
      listener.removeAllListeners('error').on('error', () => undefined)
      const bound = listener.address()
      resolve({ server: server(typeof bound === 'object' && bound ? bound.port : options.port) })
    })
  })
}

/** Notes the first bytes of a connection, then ends the handshake and counts what comes. */
function follow(
  socket: Socket,
  { shows, context }: Shown,
  { now, protocol }: { now: () => number; protocol?: TlsClient['protocol'] },
): LiveConnection {
  const live: LiveConnection = {
    at: now(),
    from: (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, ''),
    first: new Uint8Array(),
    clear: protocol === 'smtp-starttls' ? [] : null,
    handshake: 'incomplete',
    version: '',
    alert: '',
    failure: null,
    bytes: 0,
    data: new Uint8Array(),
    dataAt: null,
    end: null,
    endedAt: 0,
  }
  const ended = (): void => {
    if (live.end !== null) return
    live.end = live.failure?.code === 'reset' ? 'reset' : 'closed'
    live.endedAt = now()
  }
  const failed = (e: NodeJS.ErrnoException): void => {
    if (live.end === 'lab') return
    const alert = /ALERT_(\w+)$/.exec(e.code ?? '')?.[1]
    if (alert) live.alert ||= alert.toLowerCase().replaceAll('_', ' ')
    else live.failure ??= failureOf(e)
  }
  socket.on('error', failed)
  socket.once('close', ended)
  const count = (data: Uint8Array): void => {
    live.dataAt ??= now()
    live.bytes += data.length
    const room = MOST_DATA_BYTES - live.data.length
    if (room > 0) live.data = new Uint8Array(Buffer.concat([live.data, data.subarray(0, room)]))
  }
  const beginTls = (secureContext: Context) => (bytes: Buffer) => {
    live.first = new Uint8Array(bytes.subarray(0, MOST_FIRST_BYTES))
    socket.pause()
    socket.unshift(bytes)
    const secure = new TLSSocket(socket, { isServer: true, secureContext })
    secure.once('secure', () => {
      live.handshake = 'complete'
      live.version = secure.getProtocol() ?? ''
      if (protocol === 'smtps') secure.write(`${SMTP_GREETING}\r\n`)
    })
    const isMail = protocol === 'smtps' || protocol === 'smtp-starttls'
    secure.on('data', isMail ? mailWithinTls(sideOf(secure, live, now), count) : count)
    secure.on('error', failed)
    secure.once('end', () => secure.end())
    secure.once('close', ended)
  }
  if (live.clear === null) {
    if (context) socket.once('data', beginTls(context))
    return live
  }
  const hear: Hear = mailBeforeTls(sideOf(socket, live, now), live.clear, shows, () => {
    socket.off('data', hear)
    if (context) socket.once('data', beginTls(context))
  })
  socket.on('data', hear)
  socket.write(`${SMTP_GREETING}\r\n`)
  return live
}

/** The lab's side of a conversation in SMTP. */
const sideOf = (socket: Socket, live: LiveConnection, now: () => number) => ({
  from: live.from,
  say(reply: string) {
    if (socket.destroyed) return
    socket.write(`${reply}\r\n`)
    if (reply.startsWith('221')) socket.end()
  },
  end() {
    live.end ??= 'lab'
    live.endedAt ||= now()
    socket.destroy()
  },
})
