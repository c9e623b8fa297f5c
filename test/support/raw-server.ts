import { createServer, type Server, type Socket } from 'node:net'

/** A server that answers each request on a connection by a function of ours; for devices that break every rule. */
export interface RawServer {
  port: number
  /** Requests received, as Latin-1, in order. */
  requests: string[]
  connections(): number
  stop(): Promise<void>
}

export type Answering = (socket: Socket, request: string, index: number) => void

/** Requests end at an empty line; bodies are not waited for. */
export async function rawServer(answering: Answering): Promise<RawServer> {
  const requests: string[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server: Server = createServer((socket) => {
    connections++
    sockets.add(socket)
    let held = ''
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (d: Buffer) => {
      held += d.toString('latin1')
      for (let end = held.indexOf('\r\n\r\n'); end !== -1; end = held.indexOf('\r\n\r\n')) {
        const request = held.slice(0, end + 4)
        held = held.slice(end + 4)
        requests.push(request)
        answering(socket, request, requests.length - 1)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    requests,
    connections: () => connections,
    stop: () =>
      new Promise((resolve) => {
        for (const s of sockets) s.destroy()
        server.close(() => resolve())
      }),
  }
}

/** Always the same bytes. */
export const always =
  (bytes: string | Buffer): Answering =>
  (socket) =>
    void socket.write(bytes)
