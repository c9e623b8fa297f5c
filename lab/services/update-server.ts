import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { addressKey } from '../../suites/facts/log-words.ts'
import type { Failure } from '../../suites/observations/exchange.ts'
import type { FetchRequest } from '../../suites/observations/update-fetch.ts'
import { failureOf } from '../instruments/line.ts'
import { chunksOf, cut, ropeLength, type Rope } from '../packages/rope.ts'
import { conditionOf, makeCover, shownHeaders, shownTarget, type Cover } from './update-requests.ts'
import type { ServerIdentity } from './server-certificates.ts'

/** One file as it is served now. */
export interface ServedFile {
  /** Exact; where it has no query, that of the request does not matter. */
  target: string
  contentType: string
  content: Rope
  /** Names this content among those that were at the same place before (RFC 9110 section 8.8.3). */
  tag: string
  /** It is asked for and not there. */
  isMissing?: boolean
}

/** What the device asked for since the present files are there. */
export interface Fetched {
  requests: FetchRequest[]
  left: number
  covered: number
  /** When it last asked for something new or took something of the package; null where it has not come. */
  busyAt: number | null
}

/** The lab's update server. */
export interface UpdateServer {
  /** Puts these files there, `main` among them being the package; whatever is under way is ended. */
  serve(files: readonly ServedFile[], main: number): void
  fetched(): Fetched
  /** Connections from other addresses than the device's. */
  strangers(): number
  close(): Promise<void>
}

const MOST_REQUESTS = 64
const MOST_CONNECTIONS = 32
const MOST_REQUEST_BYTES = 64 * 1024
const ENOUGH_BROKEN_OFF = 2
const QUIET_MILLISECONDS = 60_000
const LINGER_MILLISECONDS = 1_000

interface Download {
  live: FetchRequest
  here: Shelf
  isMain: boolean
  /** All of it is with the network. */
  isHanded: boolean
}

interface Shelf {
  files: readonly ServedFile[]
  main: number
  requests: FetchRequest[]
  left: number
  cover: Cover
  brokenOff: number
  /** It has the package, or ended its download again and again: what it does now is no longer waited for. */
  isDecided: boolean
  busyAt: number | null
}

const shelfOf = (files: readonly ServedFile[], main: number): Shelf => ({
  files,
  main,
  requests: [],
  left: 0,
  cover: makeCover(),
  brokenOff: 0,
  isDecided: false,
  busyAt: null,
})

/**
 * Serves files over HTTP, or over TLS with a genuine certificate, to the addresses of the device and to nobody else. Bodies
 * are streamed; GET, HEAD and POST, one range (RFC 9110 section 14). Never throws for what a client does.
 */
export function startUpdateServer(options: {
  address: string
  port: number
  now: () => number
  /** The only addresses that are answered. */
  peers: readonly string[]
  /** Null for plain HTTP. */
  identity: Pick<ServerIdentity, 'key' | 'certificates'> | null
}): Promise<{ server: UpdateServer; port: number } | { failure: Failure }> {
  const { now, identity } = options
  const peers = options.peers.map((p) => addressKey(p))
  let shelf = shelfOf([], -1)
  let strangers = 0
  const open = new Set<Socket>()
  /** The answer that is under way on each connection. */
  const under = new Map<Socket, Download>()

  const coveredOf = (of: Shelf): number =>
    of.cover.bytes(
      [...under.values()].flatMap(({ live, here, isMain, isHanded }) =>
        here === of && isMain && isHanded ? [[live.first, live.first + live.sent] as const] : [],
      ),
    )
  const decide = (of: Shelf): void => {
    const size = ropeLength(of.files[of.main]?.content ?? [])
    of.isDecided ||= of.brokenOff >= ENOUGH_BROKEN_OFF || coveredOf(of) >= size
  }
  const settle = (socket: Socket, end: 'complete' | 'broken-off'): void => {
    const download = under.get(socket)
    if (!download) return
    under.delete(socket)
    const { live, here, isMain } = download
    if (live.end === 'open') live.end = end
    if (!isMain) return
    here.cover.ended(live.first, live.first + live.sent, live.end === 'complete')
    if (live.end === 'broken-off') here.brokenOff++
    decide(here)
  }
  /**
   * How an answer ends. Handed to the network is not arrived: it is complete once the device asks for more on the connection
   * or ends it in order, broken off where it resets it or goes before all was handed over.
   */
  const follow = (socket: Socket, download: Download): void => {
    const isNew = !followed.has(socket)
    settle(socket, under.get(socket)?.isHanded ? 'complete' : 'broken-off')
    under.set(socket, download)
    if (!isNew) return
    followed.add(socket)
    socket.once('error', () => settle(socket, 'broken-off'))
    socket.once('end', () => under.get(socket)?.isHanded && settle(socket, 'complete'))
    socket.once('close', () => settle(socket, under.get(socket)?.isHanded ? 'complete' : 'broken-off'))
  }
  const followed = new WeakSet<Socket>()

  const answer: RequestListener = (request, response) => {
    const at = now()
    const here = shelf
    const { method = '', url = '' } = request
    const found = here.files.findIndex((f) => f.target === url || f.target === url.split('?')[0])
    const file = here.files[found]
    const size = file ? ropeLength(file.content) : 0
    const isKnown = method === 'GET' || method === 'HEAD' || method === 'POST'
    const { status, from, to } =
      !file || file.isMissing
        ? { status: 404, from: 0, to: 0 }
        : !isKnown
          ? { status: 405, from: 0, to: 0 }
          : conditionOf(request.headers, size, file.tag)
    const isMain = found === here.main
    const isBody = method !== 'HEAD' && to > from
    const live: FetchRequest = {
      at,
      method: method.slice(0, 32),
      target: shownTarget(url),
      headers: shownHeaders(request.rawHeaders),
      bodyBytes: 0,
      file: file ? found : null,
      status,
      first: from,
      promised: isBody ? to - from : 0,
      sent: 0,
      end: 'open',
    }
    if (here.requests.length < MOST_REQUESTS) here.requests.push(live)
    else here.left++
    if ((isMain && !here.isDecided) || here.busyAt === null) here.busyAt = at
    if (isMain && isBody) here.cover.resumed(from)
    request.on('data', (bytes: Buffer) => {
      live.bodyBytes += bytes.length
      if (live.bodyBytes > MOST_REQUEST_BYTES) request.destroy()
    })
    response.statusCode = status
    response.setHeader('Cache-Control', 'no-store')
    if (file && status !== 404 && status !== 405) {
      response.setHeader('Accept-Ranges', 'bytes')
      response.setHeader('ETag', file.tag)
      response.setHeader('Content-Type', file.contentType)
      if (status === 206) response.setHeader('Content-Range', `bytes ${from}-${to - 1}/${size}`)
      if (status === 416) response.setHeader('Content-Range', `bytes */${size}`)
    }
    if (status !== 304) response.setHeader('Content-Length', status === 416 ? 0 : to - from)
    const download: Download = { live, here, isMain: isMain && isBody, isHanded: live.promised === 0 }
    follow(request.socket, download)
    // Who ends a connection that holds something unread resets it, and a reset would hide how the answer ended.
    response.shouldKeepAlive = true
    const rope = isBody && file ? cut(file.content, from, to) : []
    void hand(rope, response, (bytes) => {
      live.sent += bytes
      download.isHanded = live.sent === live.promised
      if (isMain && !here.isDecided) here.busyAt = now()
      if (download.isHanded) decide(here)
    }).then(() => {
      if (wantsEnd(request)) setTimeout(() => request.socket.end(), LINGER_MILLISECONDS).unref()
    })
  }

  const limits = { maxHeaderSize: 16_384, requestTimeout: QUIET_MILLISECONDS, headersTimeout: QUIET_MILLISECONDS }
  const listener: Server = identity
    ? createHttpsServer(
        {
          ...limits,
          key: identity.key,
          cert: identity.certificates.map((c) => c.toString('pem')).join('\n'),
          minVersion: 'TLSv1',
          ciphers: 'DEFAULT:@SECLEVEL=0',
        },
        answer,
      )
    : createHttpServer(limits, answer)
  listener.keepAliveTimeout = QUIET_MILLISECONDS
  listener.on('clientError', (_, socket) => socket.destroy())
  listener.on('tlsClientError', () => undefined)
  listener.prependListener('connection', (socket: Socket) => {
    socket.on('error', () => undefined)
    const isPeer = peers.includes(addressKey(socket.remoteAddress ?? ''))
    if (!isPeer) strangers++
    if (!isPeer || open.size >= MOST_CONNECTIONS) return void socket.destroy()
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  /** What is still under way is ended by the lab. */
  const endAll = (): void => {
    for (const { live, isHanded } of under.values()) if (live.end === 'open') live.end = isHanded ? 'complete' : 'lab'
    for (const socket of open) socket.destroy()
  }
  const server: UpdateServer = {
    serve(files, main) {
      endAll()
      shelf = shelfOf(files, main)
    },
    fetched: () => ({
      requests: shelf.requests.map((r) => ({ ...r })),
      left: shelf.left,
      covered: coveredOf(shelf),
      busyAt: shelf.busyAt,
    }),
    strangers: () => strangers,
    close: () =>
      new Promise((done) => {
        listener.close(() => done())
        endAll()
      }),
  }
  return new Promise((resolve) => {
    listener.once('error', (e) => resolve({ failure: failureOf(e) }))
    listener.listen({ host: options.address, port: options.port, exclusive: true, ipv6Only: true }, () => {
      listener.removeAllListeners('error').on('error', () => undefined)
      const bound = listener.address()
      resolve({ server, port: typeof bound === 'object' && bound ? bound.port : options.port })
    })
  })
}

const wantsEnd = ({ httpVersion, headers }: IncomingMessage): boolean =>
  httpVersion === '1.0' || /close/i.test(headers.connection ?? '')

/** Writes one block after the other, each when the one before is with the network, and tells how much that was. */
async function hand(rope: Rope, response: ServerResponse, tell: (bytes: number) => void): Promise<void> {
  const isGone = new Promise<false>((gone) => response.once('close', () => gone(false)))
  const wrote = (bytes: Uint8Array): Promise<boolean> =>
    new Promise((done) => {
      response.write(bytes, (fault) => {
        if (!fault) tell(bytes.length)
        done(!fault)
      })
    })
  try {
    for await (const bytes of chunksOf(rope)) if (!(await Promise.race([wrote(bytes), isGone]))) return
    response.end()
  } catch {
    // A file that cannot be read any more: what was promised does not come.
    response.destroy()
  }
}
