import { createSocket } from 'node:dgram'
import { isIPv6, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Failure } from '../../suites/observations/exchange.ts'
import { failureOf } from '../instruments/line.ts'
import type { SyslogReceiver } from '../probe.ts'
import { makeReceiverIdentity } from './receiver-identity.ts'
import { makeFrames } from './syslog-frames.ts'

export interface SyslogOptions {
  protocol: 'syslog-udp' | 'syslog-tcp' | 'syslog-tls'
  /** Of the lab; nothing else is bound. */
  address: string
  /** 0 takes any free one. */
  port: number
  /** Microseconds since the epoch. */
  now: () => number
  /** Over TLS: PEM; one of its own is made where none is given. */
  identity?: { key: string; cert: string }
}

const MOST_RECORDS = 100_000
const MOST_BYTES = 128 * 1024 * 1024
const MOST_CONNECTIONS = 64
/** A sender over TCP that ends its records with nothing at all is read after this silence. */
const SILENCE_MILLISECONDS = 1_500

/**
 * Receives syslog over UDP (RFC 5426), TCP (RFC 6587) or TLS (RFC 5425, with a certificate made now) and keeps records as
 * they came, with time of arrival and sender. Bounded: 64 KiB of one record, 100 000 records, 128 MiB in all; what comes
 * after that is not kept.
 */
export async function startSyslog(
  options: SyslogOptions,
): Promise<{ receiver: SyslogReceiver } | { failure: Failure }> {
  const records: { at: number; from: string; bytes: Uint8Array }[] = []
  let held = 0
  const keep = (from: string, bytes: Uint8Array, at = options.now()): void => {
    if (records.length >= MOST_RECORDS || held + bytes.length > MOST_BYTES) return
    held += bytes.length
    records.push({ at, from: plainAddress(from), bytes })
  }
  const started = options.protocol === 'syslog-udp' ? await openUdp(options, keep) : await openStream(options, keep)
  if ('failure' in started) return started
  return {
    receiver: {
      port: started.port,
      since: (mark) => records.slice(mark),
      mark: () => records.length,
      close: started.close,
    },
  }
}

type Keep = (from: string, bytes: Uint8Array, at?: number) => void
type Opened = { port: number; close(): Promise<void> } | { failure: Failure }

const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')

/** One datagram is one record (RFC 5426 section 3.1). */
function openUdp({ address, port }: SyslogOptions, keep: Keep): Promise<Opened> {
  const socket = createSocket(isIPv6(address) ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' })
  socket.on('message', (bytes, { address: from }) => keep(from, new Uint8Array(bytes)))
  return new Promise((resolve) => {
    socket.once('error', (e) => {
      socket.close()
      resolve({ failure: failureOf(e) })
    })
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error').on('error', () => undefined)
      resolve({ port: socket.address().port, close: () => new Promise((done) => socket.close(() => done())) })
    })
  })
}

async function openStream({ protocol, address, port, now, identity }: SyslogOptions, keep: Keep): Promise<Opened> {
  const open = new Set<Socket>()
  const serve = (socket: Socket) => receive(socket, keep, now)
  const server: Server =
    protocol === 'syslog-tls'
      ? createTlsServer({ ...(identity ?? (await makeReceiverIdentity([address]))), minVersion: 'TLSv1.2' }, serve)
      : createTcpServer(serve)
  server.maxConnections = MOST_CONNECTIONS
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => open.delete(socket))
  })
  server.on('tlsClientError', (_e: Error, socket: Socket) => socket.destroy())
  return new Promise((resolve) => {
    server.once('error', (e) => resolve({ failure: failureOf(e) }))
    server.listen({ host: address, port, exclusive: true, ipv6Only: true }, () => {
      server.removeAllListeners('error').on('error', () => undefined)
      const bound = server.address()
      resolve({
        port: typeof bound === 'object' && bound ? bound.port : port,
        close: () =>
          new Promise((done) => {
            server.close(() => done())
            for (const socket of open) socket.destroy()
          }),
      })
    })
  })
}

function receive(socket: Socket, keep: Keep, now: () => number): void {
  const from = socket.remoteAddress ?? ''
  const frames = makeFrames()
  let last = now()
  const flush = () => frames.rest().forEach((record) => keep(from, record, last))
  socket.setTimeout(SILENCE_MILLISECONDS, flush)
  socket.on('data', (bytes: Buffer) => {
    last = now()
    for (const record of frames.push(bytes)) keep(from, record, last)
  })
  socket.on('error', () => undefined)
  socket.once('close', flush)
}
