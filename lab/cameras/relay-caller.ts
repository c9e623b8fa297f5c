import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { UdpListener } from './udp-listener.ts'

/** Where relays of well-known makers listen. */
const RELAY_PORT = 32_100
const EVERY_MILLISECONDS = 2_000

/**
 * For the weakness that calls a relay of the maker: a datagram to the last host of the camera's own network, where nobody
 * listens. Nothing leaves for a network that is not the bench's.
 */
export function makeRelayCaller(ipv4: string): UdpListener {
  const relay = ipv4.replace(/\d+$/, '254')
  let open: { socket: Socket; clock: NodeJS.Timeout } | null = null
  return {
    async open() {
      const socket = createSocket('udp4')
      socket.bind({ address: ipv4, port: 0 })
      await once(socket, 'listening')
      socket.on('error', () => undefined)
      const call = () => socket.send('camera here', RELAY_PORT, relay, () => undefined)
      call()
      open = { socket, clock: setInterval(call, EVERY_MILLISECONDS) }
    },
    async close() {
      const closing = open
      open = null
      if (!closing) return
      clearInterval(closing.clock)
      await new Promise<void>((done) => closing.socket.close(() => done()))
    },
  }
}
