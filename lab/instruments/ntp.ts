import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { microsOf, NO_TIMESTAMP, ntpPacketOf } from '../../suites/facts/ntp-packet.ts'

/** How far the lab's clock is ahead of a server's, and how far from the truth both may be together; microseconds. */
export interface ClockSample {
  offset: number
  uncertainty: number
}

const PATIENCE_MILLISECONDS = 1_000

/**
 * One exchange with a time server (RFC 5905 section 8): the answer must belong to the request and come from a synchronised
 * server. The uncertainty is half of the way there and back, and the server's own distance from its source (section 11.1).
 */
export function askTime(
  { address, port }: { address: string; port: number },
  now: () => number,
): Promise<ClockSample | { why: string }> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  const nonce = randomBytes(8).toString('hex')
  const request = Buffer.alloc(48)
  request[0] = (4 << 3) | 3
  request.write(nonce, 40, 'hex')
  return new Promise((resolve) => {
    let sentAt = 0
    const end = (result: ClockSample | { why: string }) => {
      clearTimeout(patience)
      socket.removeAllListeners('message').close()
      resolve(result)
    }
    const patience = setTimeout(() => end({ why: 'timeout' }), PATIENCE_MILLISECONDS)
    socket.once('error', (e: NodeJS.ErrnoException) => end({ why: e.code ?? 'unknown' }))
    socket.on('message', (bytes) => {
      const arrivedAt = now()
      const told = ntpPacketOf(bytes)
      if (!told || told.mode !== 4 || told.origin !== nonce) return
      if (told.leap === 3 || told.stratum < 1 || told.stratum > 15 || told.transmit === NO_TIMESTAMP)
        return end({ why: 'unsynchronised' })
      const [received, sent] = [microsOf(told.receive), microsOf(told.transmit)]
      const ahead = (sentAt - received + arrivedAt - sent) / 2
      const way = Math.max(0, arrivedAt - sentAt - (sent - received))
      const distance = shortMicros(bytes, 4) / 2 + shortMicros(bytes, 8)
      end({ offset: Math.round(ahead), uncertainty: Math.ceil(way / 2 + distance) })
    })
    // Connected, so that nobody but the server is heard.
    socket.connect(port, address, () => {
      sentAt = now()
      socket.send(request, () => undefined)
    })
  })
}

/** NTP's short format: seconds in 16 bits and their fraction in 16 bits. */
const shortMicros = (bytes: Buffer, at: number): number => Math.ceil((bytes.readUInt32BE(at) * 1_000_000) / 65_536)
