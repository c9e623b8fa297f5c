import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Bench, Endpoint } from '../probe.ts'

/** Two ports of the lab, RTP at the even one and RTCP at the next (RFC 3550 section 11). */
export interface RtpReceiver {
  ports: readonly [number, number]
  /** Sends a few bytes to the ports that the device named, as clients behind a filter do: what comes back was asked for. */
  greet(ports: readonly [number, number]): void
  /** What came from the device so far; counted, not kept. */
  counted: { packets: number; bytes: number; control: number }
  /** Waits until so many packets have come, or the time is over. */
  wait(limits: { milliseconds: number; packets: number }): Promise<void>
  close(): void
}

const FIRST = 40_000
const PAIRS = 10_000
const TRIES = 16
/** The fixed header (RFC 3550 section 5.1). */
const LEAST = 12
/** An RTP header without media, sequence number 0. */
const NOTHING = Buffer.from('806000000000000000000000', 'hex')

/** Null where no pair of ports could be had. */
export async function receiveRtp(bench: Bench, to: Endpoint, source: string): Promise<RtpReceiver | null> {
  const counted = { packets: 0, bytes: 0, control: 0 }
  let counting: () => void = () => undefined
  const start = Math.floor(Math.random() * PAIRS)
  for (let i = 0; i < TRIES; i++) {
    const port = FIRST + ((start + i) % PAIRS) * 2
    const media = await bound(source, port)
    const control = media && (await bound(source, port + 1))
    if (!media || !control) {
      media?.close()
      continue
    }
    const isRtp = (bytes: Uint8Array, from: string) =>
      from === to.address && bytes.length >= LEAST && (bytes[0] ?? 0) >> 6 === 2
    media.on('message', (bytes, { address }) => {
      if (!isRtp(bytes, address)) return
      counted.packets++
      counted.bytes += bytes.length
      counting()
    })
    control.on('message', (_, { address }) => void (counted.control += address === to.address ? 1 : 0))
    return {
      ports: [port, port + 1],
      counted,
      greet: (theirs) =>
        [media, control].forEach((socket, k) => socket.send(NOTHING, theirs[k] ?? 0, to.address, () => undefined)),
      wait: ({ milliseconds, packets }) =>
        new Promise((done) => {
          const over = () => {
            clearTimeout(clock)
            bench.signal.removeEventListener('abort', over)
            done()
          }
          const clock = setTimeout(over, milliseconds)
          bench.signal.addEventListener('abort', over, { once: true })
          counting = () => void (counted.packets >= packets && over())
          counting()
        }),
      close: () => [media, control].forEach((socket) => socket.close()),
    }
  }
  return null
}

const bound = (address: string, port: number): Promise<Socket | null> =>
  new Promise((done) => {
    const socket = createSocket(isIPv6(address.replace(/%.*/, '')) ? 'udp6' : 'udp4')
    socket.once('error', () => done(null))
    socket.bind(port, address, () => {
      socket.removeAllListeners('error').on('error', () => undefined)
      done(socket)
    })
  })
