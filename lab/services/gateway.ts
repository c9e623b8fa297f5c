import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Failure } from '../../suites/observations/exchange.ts'
import type { GatewayMessage } from '../../suites/observations/port-mappings.ts'
import { searchTargetOf } from '../../suites/facts/port-mapping.ts'
import { failureOf } from '../instruments/line.ts'
import {
  actionsDocument,
  answerAction,
  descriptionOf,
  foundBy,
  makeGatewayIdentities,
  serviceAt,
  type GatewayIdentity,
  type Held,
} from './gateway-documents.ts'
import { NAT_PORT, natAnswer } from './nat-pmp.ts'

export const SEARCH_GROUP = '239.255.255.250'
export const SEARCH_PORT = 1900
const MOST_REQUEST_BYTES = 16_384
const MOST_CONNECTIONS = 32
const PATIENCE_MS = 10_000

export interface GatewayOptions {
  /** Of the lab, IPv4; nothing else is bound, beside the group of searches on its interface. */
  address: string
  /** Its address on the Internet, as it tells it. */
  outside: string
  /** Whom it answers and hears: addresses of the device. */
  device: ReadonlySet<string>
  onMessage(way: GatewayMessage['way'], from: string, bytes: Uint8Array): void
}

export interface Gateway {
  address: string
  outside: string
  httpPort: number
  identities: readonly GatewayIdentity[]
  /** Answers searches of the lab itself from this port, and keeps nothing of them. */
  answerOwn(port: number): void
  close(): Promise<void>
}

/**
 * The lab as an Internet Gateway Device that maps whatever it is asked for, and maps nothing: found by searches (UPnP Device
 * Architecture 1.1 section 1.3), controlled over HTTP, by NAT-PMP and by PCP. It speaks to the device and to the lab alone.
 */
export async function startGateway(options: GatewayOptions): Promise<{ gateway: Gateway } | { failure: Failure }> {
  const { address, outside, device, onMessage } = options
  const identities = makeGatewayIdentities()
  const own = new Set<number>()
  const begun = Date.now()
  const server = createServer({ maxHeaderSize: 8192 })
  const sockets: Socket[] = []
  let closing: Promise<unknown> | null = null
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await (closing ??= Promise.all([closed(server), ...sockets.map(closed)]))
  }
  const heard = (
    way: GatewayMessage['way'],
    { address: from, port }: Pick<RemoteInfo, 'address' | 'port'>,
    bytes: Uint8Array,
  ) => {
    if (device.has(from)) onMessage(way, from, bytes)
    return device.has(from) || (from === address && (way !== 'search' || own.has(port)))
  }
  // Nobody can be answered at port 0, from which a datagram may well come.
  const search = (bytes: Buffer, from: RemoteInfo): void => {
    const target = searchTargetOf(bytes)
    // Announcements come to the group as well.
    if (target === null || !heard('search', from, bytes) || from.port === 0) return
    for (const found of foundBy(target, identities))
      replies.send(searchAnswer(found, address, portOf(server)), from.port, from.address, () => undefined)
  }
  const replies = createSocket({ type: 'udp4', reuseAddr: true }).on('message', search)
  const group = createSocket({ type: 'udp4', reuseAddr: true }).on('message', search)
  const mapping = createSocket('udp4').on('message', (bytes, from) => {
    if (!heard('port-5351', from, bytes) || from.port === 0) return
    const seconds = Math.floor((Date.now() - begun) / 1000)
    const answer = natAnswer(bytes, { outside, seconds, from: from.address })
    if (answer) mapping.send(answer, from.port, from.address, () => undefined)
  })
  serve(server, { device, address, outside, identities, onMessage })
  try {
    await new Promise<void>((done, fail) => server.once('error', fail).listen({ host: address, port: 0 }, done))
    await bound(replies, address, SEARCH_PORT, sockets)
    await bound(group, SEARCH_GROUP, SEARCH_PORT, sockets)
    group.addMembership(SEARCH_GROUP, address)
    await bound(mapping, address, NAT_PORT, sockets)
  } catch (fault) {
    await close()
    return { failure: failureOf(fault as Error) }
  }
  return {
    gateway: { address, outside, httpPort: portOf(server), identities, answerOwn: (port) => void own.add(port), close },
  }
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

const closed = (one: Socket | Server): Promise<void> =>
  new Promise((done) => {
    if ('listening' in one && !one.listening) done()
    else one.close(() => done())
  })

function bound(socket: Socket, address: string, port: number, sockets: Socket[]): Promise<void> {
  return new Promise((done, fail) => {
    socket.once('error', (fault) => {
      socket.close()
      fail(fault)
    })
    socket.bind({ address, port }, () => {
      socket.removeAllListeners('error').on('error', () => undefined)
      sockets.push(socket)
      done()
    })
  })
}

const searchAnswer = (
  found: { target: string; name: string; version: number },
  address: string,
  port: number,
): string =>
  [
    'HTTP/1.1 200 OK',
    'CACHE-CONTROL: max-age=1800',
    'EXT:',
    `LOCATION: http://${address}:${port}/${found.version}/gateway.xml`,
    'SERVER: Linux/6 UPnP/1.1 Camseal/1',
    `ST: ${found.target}`,
    `USN: ${found.name}`,
    '',
    '',
  ].join('\r\n')

interface Serving extends Pick<GatewayOptions, 'device' | 'address' | 'outside' | 'onMessage'> {
  identities: readonly GatewayIdentity[]
}

/** Description, lists of actions and control of the gateway over HTTP, for the device and the lab alone. */
function serve(server: Server, { device, address, outside, identities, onMessage }: Serving): void {
  const held: Held = { outside, entries: new Map() }
  server.maxConnections = MOST_CONNECTIONS
  server.requestTimeout = PATIENCE_MS
  server.on('connection', (socket) => {
    socket.on('error', () => undefined)
    const from = socket.remoteAddress ?? ''
    if (!device.has(from) && from !== address) socket.destroy()
  })
  server.on('clientError', (fault: Error & { rawPacket?: Buffer }, socket) => {
    const from = 'remoteAddress' in socket ? (socket.remoteAddress as string) : ''
    if (fault.rawPacket && device.has(from)) onMessage('http', from, fault.rawPacket)
    socket.destroy()
  })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = []
    let length = 0
    request.on('data', (part: Buffer) => {
      length += part.length
      if (length <= MOST_REQUEST_BYTES) parts.push(part)
    })
    request.on('error', () => undefined)
    request.on('end', () => {
      const bytes = Buffer.concat([headOf(request), ...parts])
      const from = request.socket.remoteAddress ?? ''
      if (device.has(from)) onMessage('http', from, bytes)
      const path = request.url ?? ''
      const service = serviceAt(path)
      const described = identities.find((i) => path === `/${i.version}/gateway.xml`)
      const reply =
        request.method === 'POST' && service !== null && path.endsWith('/control')
          ? answerAction(service, bytes, held)
          : request.method === 'GET' && described
            ? { status: 200, body: descriptionOf(described) }
            : request.method === 'GET' && service !== null && path.endsWith('.xml')
              ? { status: 200, body: actionsDocument(service) }
              : { status: 404, body: '' }
      response.writeHead(reply.status, {
        'Content-Type': 'text/xml; charset="utf-8"',
        Server: 'Linux/6 UPnP/1.1 Camseal/1',
        EXT: '',
      })
      response.end(reply.body)
    })
  })
}

/** The head of a request as it came, as far as HTTP tells it. */
function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const headers = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1] ?? ''}`] : []))
  return Buffer.from([`${method ?? ''} ${url ?? ''} HTTP/${httpVersion}`, ...headers, '', ''].join('\r\n'), 'latin1')
}
