import { createServer, type Server, type Socket } from 'node:net'
import { clientHelloOf, type ClientHello } from '../../suites/facts/tls-client-hello.ts'
import { WIRE_VERSION } from '../../suites/facts/tls-records.ts'
import type { Identity } from './certificate.ts'
import { alertOf, flightOf } from './tls-flight.ts'

/**
 * A weakness of the handshake that today's OpenSSL cannot be made to have: answered here up to the ServerHelloDone, as
 * far as a scanner looks. Every other hello goes to the genuine server.
 */
export type WeakHandshake = 'ssl3' | 'rc4' | 'compression' | 'renegotiation' | 'downgrade'

export interface WeakTls {
  weakness: WeakHandshake
  genuine: Server
  /** A second genuine server without TLS 1.3, which knows nothing of the first. */
  older: Server
  /** One of P-256, one of RSA. */
  identities: readonly Identity[]
}

const SSL3_SUITES = [0x002f, 0x000a, 0x0005]
const RC4_SHA = 0x0005
/** What the genuine server accepts in TLS 1.2. */
const STRONG = [0xc02c, 0xcca9, 0xc02b]
const P256 = 23
const DEFLATE = 1
const HANDSHAKE_FAILURE = 40
const INAPPROPRIATE_FALLBACK = 86
const MOST_HELLO = 5 + 16384
const PATIENCE_MS = 10_000

/** The genuine server behind one that reads the first record and answers what it is weak in. */
export function makeWeakTlsServer(weak: WeakTls): Server {
  return createServer((socket) => {
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS)
    socket.once('close', () => clearTimeout(timer))
    firstRecord(socket, (bytes) => {
      clearTimeout(timer)
      const hello = clientHelloOf(bytes)
      const answer = hello && answerTo(hello, bytes, weak)
      if (answer) return void socket.end(answer)
      const old = weak.weakness === 'downgrade' && hello !== null && hello.version !== 'tls1.3'
      socket.unshift(bytes)
      ;(old ? weak.older : weak.genuine).emit('connection', socket)
    })
  })
}

/** Reads until one TLS record is whole, or what came is none. */
function firstRecord(socket: Socket, then: (bytes: Buffer) => void): void {
  let held: Buffer = Buffer.alloc(0)
  const take = () => {
    const chunk = socket.read() as Buffer | null
    if (chunk === null) return
    held = Buffer.concat([held, chunk])
    const whole = held.length >= 5 && held.length >= 5 + held.readUInt16BE(3)
    if (held[0] === 22 && !whole && held.length < MOST_HELLO) return
    socket.removeListener('readable', take)
    then(held)
  }
  socket.on('readable', take)
}

/** Null where the genuine server is to answer. */
function answerTo(hello: ClientHello, bytes: Uint8Array, { weakness, identities }: WeakTls): Uint8Array | null {
  const [ec, rsa] = identities
  const version = WIRE_VERSION[hello.version]
  const offered = (suites: readonly number[]) => suites.find((s) => hello.suites.includes(s))
  const flight = (suite: number, over: { compression?: number; renegotiation?: boolean }) => {
    const ephemeral = STRONG.includes(suite)
    const identity = ephemeral ? ec : rsa
    if (!identity) return null
    const clientRandom = bytes.subarray(11, 43)
    return flightOf({ version, suite, compression: 0, renegotiation: true, identity, clientRandom, ephemeral, ...over })
  }
  const strong = hello.version === 'tls1.2' && hello.groups.includes(P256) ? offered(STRONG) : undefined
  switch (weakness) {
    case 'ssl3': {
      if (hello.version !== 'ssl3') return null
      if (hello.fallback) return alertOf(version, INAPPROPRIATE_FALLBACK)
      const suite = offered(SSL3_SUITES)
      return suite === undefined ? alertOf(version, HANDSHAKE_FAILURE) : flight(suite, {})
    }
    case 'rc4':
      if (hello.version !== 'tls1.2' || offered(STRONG) !== undefined || offered([RC4_SHA]) === undefined) return null
      return hello.fallback ? alertOf(version, INAPPROPRIATE_FALLBACK) : flight(RC4_SHA, {})
    case 'compression':
      if (strong === undefined || hello.fallback || !hello.compressions.includes(DEFLATE)) return null
      return flight(strong, { compression: DEFLATE })
    case 'renegotiation':
      return strong === undefined || hello.fallback ? null : flight(strong, { renegotiation: false })
    case 'downgrade':
      return null
  }
}
