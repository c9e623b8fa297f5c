import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** One UDP service of the camera, which can close for a reboot and open again. */
export interface UdpListener {
  open(): Promise<void>
  close(): Promise<void>
}

/** Answers a datagram, or keeps silent. */
export type Answering = (question: Buffer) => Buffer | null

/**
 * Binds to the address explicitly, never to all of the host.
 * @throws the error of `bind` when the port is taken or needs a privilege
 */
export function makeUdpListener(address: string, port: number, answering: Answering): UdpListener {
  let socket: Socket | null = null
  return {
    async open() {
      const opened = createSocket('udp4')
      opened.bind({ address, port })
      await once(opened, 'listening')
      opened.on('error', () => undefined)
      opened.on('message', (question, from) => {
        const answer = answering(question)
        if (answer) opened.send(answer, from.port, from.address)
      })
      socket = opened
    },
    async close() {
      const open = socket
      socket = null
      if (open) await new Promise<void>((done) => open.close(() => done()))
    },
  }
}
