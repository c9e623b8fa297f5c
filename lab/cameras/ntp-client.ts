import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { microsOf, NO_TIMESTAMP, ntpPacketOf } from '../../suites/facts/ntp-packet.ts'
import type { Behaviour } from './behaviour.ts'
import type { StateStore } from './state.ts'

export interface TimeTarget {
  address: string
  port: number
}

interface TimeClientOptions {
  addresses: { ipv4: string; ipv6: string | null }
  store: StateStore
  behaviour: Behaviour
}

/** Sets the clock by a time server while there is one. */
export interface CameraTimeClient {
  /** Asks now, and from then on as often as the last server wants. */
  start(): void
  /** Until the next `start`. */
  stop(): void
}

const POLL_MILLISECONDS = 16_000
const MOST_POLL_MILLISECONDS = 1_024_000
const PATIENCE_MILLISECONDS = 2_000
const UNSYNCHRONISED = 3

/**
 * A simple client of NTP (RFC 4330 section 5, RFC 5905): one request with a random transmit timestamp from a port of its own.
 * An answer counts only where its originate timestamp is that one and its server is synchronised.
 */
export function makeTimeClient({ addresses, store, behaviour }: TimeClientOptions): CameraTimeClient {
  let next: NodeJS.Timeout | undefined
  let ending: () => void = () => undefined
  let poll = POLL_MILLISECONDS

  const ask = ({ address, port }: TimeTarget): void => {
    const own = isIPv6(address) ? addresses.ipv6 : addresses.ipv4
    if (own === null) return
    const socket = createSocket(isIPv6(own) ? 'udp6' : 'udp4')
    const nonce = randomBytes(8).toString('hex')
    const patience = setTimeout(() => ending(), PATIENCE_MILLISECONDS).unref()
    let isOpen = true
    ending = () => {
      if (!isOpen) return
      isOpen = false
      clearTimeout(patience)
      socket.close()
    }
    const done = ending
    let sentAt = 0
    socket.unref()
    socket.on('error', done)
    socket.on('message', (bytes) => {
      const arrivedAt = Date.now()
      const told = ntpPacketOf(bytes)
      if (!told || told.mode !== 4) return
      if (told.origin !== nonce && behaviour.checksTimeOrigin) return
      if (told.stratum === 0 && told.reference === 'RATE') poll = Math.min(2 * poll, MOST_POLL_MILLISECONDS)
      const isGood = told.leap !== UNSYNCHRONISED && told.stratum >= 1 && told.stratum <= 15
      if (!isGood || told.transmit === NO_TIMESTAMP) return
      const [received, sent] = [told.receive, told.transmit].map((t) => microsOf(t) / 1000) as [number, number]
      store.change({ clockOffset: Math.round((received - sentAt + sent - arrivedAt) / 2) })
      done()
    })
    socket.bind(0, own, () => {
      socket.connect(port, address, () => {
        sentAt = Date.now()
        const request = Buffer.alloc(48)
        request[0] = (4 << 3) | 3
        request.write(nonce, 40, 'hex')
        socket.send(request, () => undefined)
      })
    })
  }

  const round = (): void => {
    const target = store.state.ntp ?? null
    if (target === null) return
    ask(target)
    next = setTimeout(round, poll).unref()
  }
  const stop = (): void => {
    clearTimeout(next)
    ending()
  }
  return {
    stop,
    start() {
      stop()
      poll = POLL_MILLISECONDS
      round()
    },
  }
}
