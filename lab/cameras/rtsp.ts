import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Access } from './auth.ts'
import type { Device } from './device.ts'
import { isStale } from './digest.ts'
import { makeStream, sessionDescription, type Stream } from './rtp.ts'
import { parseRtsp, rtspAnswer, streamPath, type RtspAnswer, type RtspRequest } from './rtsp-message.ts'
import { openTransport, type Transport } from './rtsp-transport.ts'

export const STREAMS = ['/live/main', '/live/sub'] as const
export const schemeOf = ({ behaviour }: Device): 'rtsp' | 'rtsps' => (behaviour.rtspOverTls ? 'rtsps' : 'rtsp')

const METHODS = 'OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN'
const SESSION_SECONDS = 60
/** Instead of a refusal, for a camera that lies. */
const ERROR_PAGE: RtspAnswer = {
  status: 200,
  headers: [['Content-Type', 'text/html']],
  body: '<html><body>Access denied</body></html>',
}
/** Who presented something that is not merely out of date is not asked again. */
const isDenied = ({ headers }: RtspRequest, access: Access): boolean =>
  headers.has('authorization') && !('challenges' in access && isStale(access.challenges))

const REQUEST_MILLISECONDS = 10_000
const MOST_SESSIONS = 16
const MOST_WAITING = 131_072

interface Session {
  id: string
  path: string
  user: string
  connection: Socket
  stream: Stream
  transport: Transport
}

export interface RtspService {
  /** On a connection of its own or of TLS. */
  serve(socket: Socket): void
  endSessionsOf(user: string): void
}

/** A silent connection, RTCP included, is closed: the time-out of the session header with some grace. */
const keepAlive = (socket: Socket): void => {
  socket.setTimeout((SESSION_SECONDS + 5) * 1000)
}

/** RTSP 1.0 (RFC 2326). A session belongs to its connection and ends with it. */
export function makeRtsp(device: Device): RtspService {
  const sessions = new Map<string, Session>()

  const end = (session: Session): void => {
    sessions.delete(session.id)
    session.stream.stop()
    session.transport.close()
  }

  /** Who may see the path: a user's name, empty for everybody, or the answer that refuses. */
  const admit = (request: RtspRequest, path: string, socket: Socket, connection: string): string | RtspAnswer => {
    const { behaviour, gate, store } = device
    const isStream = (STREAMS as readonly string[]).includes(path)
    if (isStream && !behaviour.setUpNeedsLogIn && request.method !== 'DESCRIBE') return ''
    if (path === behaviour.hiddenStream || (behaviour.anonymousStreams && isStream)) return ''
    if (store.state.factoryFresh && behaviour.setUpFirst) return { status: 403 }
    const access = gate.logIn({
      interface: 'rtsp',
      source: socket.remoteAddress ?? '',
      connection,
      authorization: request.headers.get('authorization'),
      method: request.method,
      isTarget: (uri) => streamPath(uri) === path,
    })
    if (access.granted && isStream) return access.user.name
    if (behaviour.refusesWith200 && isDenied(request, access)) return ERROR_PAGE
    if (access.granted) return { status: 404 }
    if (access.because === 'malformed') return { status: 400 }
    return { status: 401, headers: access.challenges.map((challenge) => ['WWW-Authenticate', challenge] as const) }
  }

  const setUp = async (request: RtspRequest, path: string, user: string, socket: Socket): Promise<RtspAnswer> => {
    if (request.headers.has('session')) return { status: 455 }
    if (sessions.size >= MOST_SESSIONS) return { status: 453 }
    const id = randomBytes(12).toString('hex')
    const transport = await openTransport(request.headers.get('transport') ?? '', socket, device.behaviour, () =>
      keepAlive(socket),
    )
    if (transport === null) return { status: 461 }
    if (socket.destroyed) {
      transport.close()
      return { status: 400 }
    }
    const stream = makeStream()
    sessions.set(id, { id, path, user, connection: socket, stream, transport })
    const ssrc = stream.ssrc.toString(16).toUpperCase().padStart(8, '0')
    return {
      status: 200,
      headers: [
        ['Transport', `${transport.header};ssrc=${ssrc}`],
        ['Session', `${id};timeout=${SESSION_SECONDS}`],
      ],
    }
  }

  /** The answer, and what begins once it has been written. */
  const answerTo = async (
    request: RtspRequest,
    socket: Socket,
    connection: string,
  ): Promise<[RtspAnswer, (() => void)?]> => {
    if (request.version !== '1.0') return [{ status: 505 }]
    if (!request.headers.has('cseq')) return [{ status: 400 }]
    if (request.method === 'OPTIONS') return [{ status: 200, headers: [['Public', METHODS]] }]
    if (!METHODS.split(', ').includes(request.method)) return [{ status: 405, headers: [['Allow', METHODS]] }]
    const path = streamPath(request.uri)
    if (path === null) return [{ status: 400 }]
    const user = admit(request, path, socket, connection)
    if (typeof user !== 'string') return [user]

    const base = `${request.uri.replace(/[?#].*$/, '').replace(/\/(trackID=0)?$/, '')}/`
    if (request.method === 'DESCRIBE') {
      const headers = [
        ['Content-Base', base],
        ['Content-Type', 'application/sdp'],
      ] as const
      return [{ status: 200, headers, body: sessionDescription(socket.localAddress ?? '') }]
    }
    if (request.method === 'SETUP') return [await setUp(request, path, user, socket)]

    const session = sessions.get((request.headers.get('session') ?? '').replace(/;.*$/, ''))
    const isKeepAlive = request.method === 'GET_PARAMETER' && !request.headers.has('session')
    if (isKeepAlive) return [{ status: 200 }]
    if (session?.connection !== socket || session.path !== path) return [{ status: 454 }]
    const headers = [['Session', `${session.id};timeout=${SESSION_SECONDS}`]] as const
    if (request.method === 'TEARDOWN') {
      end(session)
      return [{ status: 200, headers }]
    }
    if (request.method === 'GET_PARAMETER') return [{ status: 200, headers }]
    const { sequence, timestamp } = session.stream.next()
    const info = `url=${base}trackID=0;seq=${sequence};rtptime=${timestamp}`
    return [
      { status: 200, headers: [...headers, ['Range', 'npt=now-'], ['RTP-Info', info]] },
      () => {
        if (sessions.has(session.id)) session.stream.play(session.transport)
        device.wasUsed()
      },
    ]
  }

  const serve = (socket: Socket): void => {
    const connection = randomBytes(12).toString('hex')
    let bytes: Buffer = Buffer.alloc(0)
    let isBusy = false
    let deadline: NodeJS.Timeout | undefined
    socket.setNoDelay(true)
    device.front.opened(socket)
    socket.on('timeout', () => socket.destroy())
    keepAlive(socket)
    socket.on('close', () => {
      clearTimeout(deadline)
      for (const session of sessions.values()) if (session.connection === socket) end(session)
    })

    const work = async (): Promise<void> => {
      while (!socket.destroyed) {
        const parsed = parseRtsp(bytes)
        if (parsed.is === 'incomplete') break
        if (parsed.is === 'malformed') {
          socket.end(rtspAnswer({ status: 400 }, undefined))
          return
        }
        bytes = bytes.subarray(parsed.used)
        clearTimeout(deadline)
        deadline = undefined
        if (parsed.is === 'other') continue
        await device.front.answering(socket.remoteAddress ?? '')
        if (socket.destroyed) return
        const [answer, afterwards] = await answerTo(parsed.request, socket, connection)
        if (socket.destroyed) return
        socket.write(rtspAnswer(answer, parsed.request.headers.get('cseq')))
        afterwards?.()
      }
      if (bytes.length > 0) deadline ??= setTimeout(() => socket.destroy(), REQUEST_MILLISECONDS)
    }
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      if (bytes.length > MOST_WAITING) socket.destroy()
      if (isBusy) return
      isBusy = true
      work()
        .catch(() => socket.destroy())
        .finally(() => {
          isBusy = false
        })
    })
  }

  return {
    serve,
    endSessionsOf(user) {
      for (const session of sessions.values()) if (session.user === user) session.connection.destroy()
    },
  }
}
