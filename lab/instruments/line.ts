import { constants } from 'node:crypto'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import type { Failure } from '../../suites/observations/exchange.ts'
import type { Bench, Endpoint } from '../probe.ts'

/** A byte stream to the device with time-outs on everything; it never throws for what the peer does. */
export interface Line {
  sourceAddress: string
  write(bytes: Uint8Array): void
  /** Sends as fast as the peer takes it; ends early when the peer ended, or took nothing for `milliseconds`. */
  send(chunks: AsyncIterable<Uint8Array>, milliseconds: number): Promise<void>
  /**
   * Collects bytes until `enough` says how many belong to this answer (the rest stays for the next read),
   * the peer ends, `maxBytes` came, or no end was seen in time. What came is returned in every case.
   */
  read(
    enough: (received: Uint8Array) => number | null,
    limits: { milliseconds: number; maxBytes: number },
  ): Promise<Chunk>
  /** Gives the socket up, so that TLS can begin on it. */
  give(): Socket
  close(): void
}

export type Opened = { line: Line } | { failure: Failure }

export interface Chunk {
  bytes: Uint8Array
  end: 'complete' | 'closed' | 'reset' | 'timeout' | 'too-long'
}

export interface LineOptions {
  milliseconds: number
  source?: string
}

/** The library has no way to take shorter ones. */
const LEAST_PRIME_BITS = 512
/** Short and odd ones last: a device whose only curve or key is one of them must be heard, too. */
const CURVES =
  'X25519:P-256:P-384:P-521:X448:secp256k1:brainpoolP256r1:brainpoolP384r1:brainpoolP512r1:secp224r1:prime192v1'

/** Every certificate and every version the library still has, short primes and curves, and servers without the signal of secure renegotiation (RFC 5746 section 4.1): it observes. */
const TOLERANT: ConnectionOptions = {
  rejectUnauthorized: false,
  minVersion: 'TLSv1',
  ciphers: 'DEFAULT@SECLEVEL=0',
  ecdhCurve: CURVES,
  minDHSize: LEAST_PRIME_BITS,
  secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT,
}

/** Opens a line within the budgets. */
export async function openLine(bench: Bench, to: Endpoint, options: LineOptions): Promise<Opened> {
  const release = await bench.connection()
  await bench.attempt()
  if (bench.signal.aborted) {
    release()
    return { failure: { code: 'lab', detail: 'cancelled' } }
  }
  const localAddress = options.source ?? bench.sources(to.family)[0]
  const base = { host: to.address, port: to.port, ...(localAddress ? { localAddress } : {}) }
  const socket: Socket = to.tls ? connectTls({ ...base, ...TOLERANT, ALPNProtocols: ['http/1.1'] }) : connectTcp(base)
  let released = false
  const done = () => {
    if (!released) release()
    released = true
  }
  socket.once('close', done)
  const failure = await openedOr(socket, to.tls ? 'secureConnect' : 'connect', options.milliseconds, bench.signal)
  if (failure) done()
  return failure ? { failure } : { line: lineOver(socket, bench.signal) }
}

/** TLS on a line on which both sides agreed to begin it; the connection stays counted as the line's. */
export async function secureLine(bench: Bench, line: Line, milliseconds: number): Promise<Opened> {
  const socket = connectTls({ socket: line.give(), ...TOLERANT })
  const failure = await openedOr(socket, 'secureConnect', milliseconds, bench.signal)
  return failure ? { failure } : { line: lineOver(socket, bench.signal) }
}

/** Null once the event came; else what came instead, and the socket is gone. */
async function openedOr(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  milliseconds: number,
  signal: AbortSignal,
): Promise<Failure | null> {
  const failure = await new Promise<Failure | null>((resolve) => {
    const timer = setTimeout(
      () => resolve({ code: 'timeout', detail: `no connection after ${milliseconds} ms` }),
      milliseconds,
    )
    const abort = () => resolve({ code: 'lab', detail: 'cancelled' })
    signal.addEventListener('abort', abort, { once: true })
    socket.once(event, () => resolve(null))
    socket.once('error', (e: NodeJS.ErrnoException) => resolve(failureOf(e)))
    socket.once('close', () => resolve({ code: 'closed', detail: 'closed before it was open' }))
    socket.once('close', () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    })
  })
  if (failure) {
    socket.on('error', () => undefined)
    socket.destroy()
  }
  return failure
}

/** Bytes that wait for a reader; a reader that wants more gets more. */
const MOST_HELD = 4 * 1024 * 1024

function lineOver(socket: Socket, signal: AbortSignal): Line {
  let held: Buffer = Buffer.alloc(0)
  let ended: 'closed' | 'reset' | null = null
  let wake: () => void = () => undefined
  socket.setNoDelay(true)
  socket.on('data', (d: Buffer) => {
    held = held.length === 0 ? d : Buffer.concat([held, d])
    // A device that streams for ever waits until what came is read.
    if (held.length > MOST_HELD) socket.pause()
    wake()
  })
  socket.on('error', (e: NodeJS.ErrnoException) => {
    ended ??= e.code === 'ECONNRESET' || e.code === 'EPIPE' ? 'reset' : 'closed'
    wake()
  })
  for (const event of ['end', 'close'] as const)
    socket.on(event, () => {
      ended ??= 'closed'
      wake()
    })
  const take = (count: number): Uint8Array => {
    const bytes = new Uint8Array(held.subarray(0, count))
    held = held.subarray(count)
    return bytes
  }
  return {
    sourceAddress: socket.localAddress ?? '',
    write: (bytes) => void (ended === null && socket.write(bytes)),
    async send(chunks, milliseconds) {
      for await (const chunk of chunks) {
        if (ended !== null || signal.aborted) return
        if (!socket.write(chunk) && !(await drained(socket, milliseconds, signal))) return
      }
    },
    give() {
      socket.removeAllListeners('data')
      return socket
    },
    close: () => socket.destroy(),
    async read(enough, { milliseconds, maxBytes }) {
      const deadline = performance.now() + milliseconds
      for (;;) {
        const count = enough(held)
        if (count !== null && count <= held.length) return { bytes: take(count), end: 'complete' }
        if (held.length > maxBytes) return { bytes: take(maxBytes), end: 'too-long' }
        if (ended !== null) return { bytes: take(held.length), end: ended }
        const left = deadline - performance.now()
        if (left <= 0 || signal.aborted) return { bytes: take(held.length), end: 'timeout' }
        if (socket.isPaused()) socket.resume()
        await new Promise<void>((resolve) => {
          wake = () => {
            clearTimeout(timer)
            signal.removeEventListener('abort', wake)
            resolve()
          }
          const timer = setTimeout(wake, left)
          signal.addEventListener('abort', wake, { once: true })
        })
        wake = () => undefined
      }
    },
  }
}

/** Whether the peer took what was written, in time. */
function drained(socket: Socket, milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (is: boolean) => () => {
      clearTimeout(timer)
      socket.off('drain', took)
      for (const event of ['end', 'close'] as const) socket.off(event, gave)
      signal.removeEventListener('abort', gave)
      resolve(is)
    }
    const [took, gave] = [done(true), done(false)]
    const timer = setTimeout(gave, milliseconds)
    socket.on('drain', took)
    for (const event of ['end', 'close'] as const) socket.on(event, gave)
    signal.addEventListener('abort', gave, { once: true })
  })
}

/** The word of the wire for an error of the socket. */
export function failureOf(e: NodeJS.ErrnoException): Failure {
  const detail = e.code ?? e.message
  switch (e.code) {
    case 'ECONNREFUSED':
      return { code: 'refused', detail }
    case 'ECONNRESET':
    case 'EPIPE':
      return { code: 'reset', detail }
    case 'ETIMEDOUT':
      return { code: 'timeout', detail }
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { code: 'unreachable', detail }
    case 'EMFILE':
    case 'ENFILE':
    case 'EADDRINUSE':
    case 'EADDRNOTAVAIL':
    case 'EACCES':
    case 'EPERM':
      return { code: 'lab', detail }
    default:
      return { code: detail.startsWith('ERR_SSL') || /ssl|tls/i.test(e.message) ? 'tls-handshake' : 'closed', detail }
  }
}
