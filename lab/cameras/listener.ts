import { once } from 'node:events'
import { createServer, isIPv6, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Front } from './manner.ts'

/** One service on all addresses of the camera, which can close for a reboot and open again on the same port. */
export interface Listener {
  /** Known once open. */
  readonly port: number
  open(): Promise<void>
  /** Ends every connection too. */
  close(): Promise<void>
}

const MOST_CONNECTIONS = 64
const TRIES = 20

/**
 * Binds to each address explicitly, never to all of the host. Port 0 becomes one free port on all of them.
 * @throws the error of `listen` when a port is taken
 */
export function makeListener(
  addresses: readonly string[],
  wanted: number,
  makeServer: () => Server,
  connected?: Front['connected'],
): Listener {
  let port = wanted
  let isFixed = wanted !== 0
  let servers: Server[] = []
  const sockets = new Set<Socket>()

  const listen = async (host: string): Promise<void> => {
    const server = guarded(makeServer(), connected)
    server.maxConnections = MOST_CONNECTIONS
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.once('close', () => sockets.delete(socket))
    })
    server.listen({ host, port, ipv6Only: isIPv6(host) })
    await once(server, 'listening')
    servers.push(server)
    port = (server.address() as AddressInfo).port
  }

  const close = async (): Promise<void> => {
    const closed = servers.map(
      (server) =>
        new Promise<void>((done) => {
          server.close(() => done())
        }),
    )
    servers = []
    for (const socket of sockets) socket.destroy()
    await Promise.all(closed)
  }

  const open = async (tries = TRIES): Promise<void> => {
    try {
      for (const address of addresses) await listen(address)
      isFixed = true
    } catch (error) {
      await close()
      if (isFixed || tries === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      port = 0
      await open(tries - 1)
    }
  }

  return {
    get port() {
      return port
    },
    open: () => open(),
    close,
  }
}

/** `connected` decides when the server learns of a connection. */
const guarded = (server: Server, connected: Front['connected']): Server =>
  connected === undefined
    ? server
    : createServer({ allowHalfOpen: isHalfOpen(server) }, (socket) =>
        connected(socket, () => {
          server.emit('connection', socket)
        }),
      )

/** What the server was made with; the types do not name it. */
const isHalfOpen = (server: Server & { allowHalfOpen?: boolean }): boolean => server.allowHalfOpen === true
