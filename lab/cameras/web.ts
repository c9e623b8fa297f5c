import type { IncomingMessage, ServerOptions, ServerResponse } from 'node:http'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import type { Behaviour } from './behaviour.ts'
import type { Identity } from './certificate.ts'
import { makeWeakTlsServer } from './weak-tls.ts'

/** Answers one request. Must not throw; what it returns is awaited. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** Sees a connection before HTTP is spoken on it. */
type Opened = (socket: Socket) => void

const LIMITS: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16_384,
}

/** What is not HTTP gets 400 and the door (RFC 9112 section 2.2). */
const refuseMalformed = (_error: Error, socket: Duplex): void => {
  if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  else socket.destroy()
}

/** HTTPS with the versions, suites and weakness of the behaviour. */
export function makeHttpsServer(
  identities: readonly Identity[],
  behaviour: Behaviour,
  handler: Handler,
  opened: Opened,
): Server {
  const { weakHandshake } = behaviour
  const genuine = genuineHttps(identities, behaviour, handler, opened)
  if (weakHandshake === null) return genuine
  const older = genuineHttps(identities, behaviour, handler, opened, 'TLSv1.2')
  return makeWeakTlsServer({ weakness: weakHandshake, genuine, older, identities })
}

function genuineHttps(
  identities: readonly Identity[],
  behaviour: Behaviour,
  handler: Handler,
  opened: Opened,
  maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3',
): Server {
  const server = createHttpsServer(
    {
      ...LIMITS,
      ...tlsOptions(identities, behaviour),
      maxVersion,
    },
    (request, response) => {
      void handler(request, response)
    },
  )
  server.on('secureConnection', opened)
  server.on('clientError', refuseMalformed)
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return server
}

const tlsOptions = (identities: readonly Identity[], behaviour: Behaviour): TlsOptions => ({
  key: identities.map(({ key }) => key),
  cert: identities.map(({ certificate }) => certificate),
  minVersion: behaviour.tlsMinVersion,
  ciphers: behaviour.tlsCiphers,
  ecdhCurve: behaviour.tlsGroups,
  honorCipherOrder: true,
  handshakeTimeout: 10_000,
})

/** Another protocol inside TLS, as strong as HTTPS. */
export function makeTlsServer(
  identities: readonly Identity[],
  behaviour: Behaviour,
  serve: (socket: Socket) => void,
): Server {
  const server = createTlsServer(tlsOptions(identities, behaviour), serve)
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return server
}

/** Plain HTTP. */
export function makeHttpServer(handler: Handler, opened: Opened): Server {
  const server = createHttpServer(LIMITS, (request, response) => {
    void handler(request, response)
  })
  server.on('connection', opened)
  server.on('clientError', refuseMalformed)
  return server
}

/**
 * Sends every request to the same target over HTTPS (308: method and body stay, RFC 9110 section 15.4.9).
 * The host is the address the client reached, never what its Host header says.
 */
export const redirectTo =
  (httpsPort: () => number, answering: (source: string) => Promise<void>): Handler =>
  async (request, response) => {
    await answering(request.socket.remoteAddress ?? '')
    const address = request.socket.localAddress ?? ''
    const host = address.includes(':') ? `[${address}]` : address
    const target = request.url?.startsWith('/') ? request.url : '/'
    const Location = `https://${host}:${httpsPort()}${target}`
    response.writeHead(308, { Location, 'Content-Length': 0, Connection: 'close' })
    response.end()
  }

/** The body of a request, read to its end; null when it is longer than `most`. */
export async function bodyOf(request: IncomingMessage, most: number, takesPart = false): Promise<Buffer | null> {
  let chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes <= most) chunks.push(chunk)
      else chunks = []
    }
  } catch (error) {
    if (!takesPart) throw error
  }
  return bytes > most ? null : Buffer.concat(chunks)
}
