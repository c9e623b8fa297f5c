import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Failure } from '../../suites/observations/exchange.ts'
import type { TimeImpostor } from '../../suites/observations/time-sync.ts'
import { isRequest, NO_TIMESTAMP, ntpPacketOf, timestampOf, type NtpPacket } from '../../suites/facts/ntp-packet.ts'
import { failureOf } from '../instruments/line.ts'

/** What the server shows, and how many seconds its time is ahead of the lab's. */
export interface TimeShown {
  shows: 'genuine' | TimeImpostor
  shift: number
}

/** A request that was answered; `at` is when the answer left. */
export interface NtpAnswer {
  at: number
  from: string
  port: number
  request: Uint8Array
  sent: Uint8Array
}

/** A time server of the lab (RFC 5905, client and server mode only). */
export interface NtpServer {
  port: number
  /** From now on; what was answered before is forgotten. */
  show(shown: TimeShown): void
  /** What was answered since the last `show`. */
  answers(): { list: NtpAnswer[]; left: number }
  close(): Promise<void>
}

export interface NtpOptions {
  /** Of the lab; nothing else is bound. */
  address: string
  port: number
  /** Microseconds since the epoch. */
  now: () => number
  /** Told of every answer. */
  onAnswer?: (answer: NtpAnswer) => void
}

const MOST_ANSWERS = 64

/** Answers every request as it was last told to, genuinely at first. Anything that is no request gets no answer. */
export function startNtp(options: NtpOptions): Promise<{ server: NtpServer } | { failure: Failure }> {
  const { address, port, now, onAnswer } = options
  const socket = createSocket(isIPv6(address) ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' })
  let shown: TimeShown = { shows: 'genuine', shift: 0 }
  let list: NtpAnswer[] = []
  let left = 0
  let earlier: string | null = null
  socket.on('message', (request, { address: from, port: sender }) => {
    const receivedAt = now()
    const asked = ntpPacketOf(request)
    // Nobody can be answered at port 0, from which a datagram may well come.
    if (!asked || !isRequest(asked) || sender === 0) return
    earlier ??= asked.transmit
    const at = now()
    const sent = answerTo(asked, { ...shown, receivedAt, at, earlier })
    socket.send(sent, sender, from, () => undefined)
    const answer = { at, from, port: sender, request: new Uint8Array(request), sent }
    onAnswer?.(answer)
    if (list.length < MOST_ANSWERS) list.push(answer)
    else left++
  })
  return new Promise((resolve) => {
    socket.once('error', (e) => {
      socket.close()
      resolve({ failure: failureOf(e) })
    })
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error').on('error', () => undefined)
      resolve({
        server: {
          port: socket.address().port,
          show(next) {
            shown = next
            list = []
            left = 0
          },
          answers: () => ({ list: [...list], left }),
          close: () => new Promise((done) => socket.close(() => done())),
        },
      })
    })
  })
}

interface Told extends TimeShown {
  receivedAt: number
  at: number
  /** Transmit timestamp of the first request that came. */
  earlier: string
}

const MICROSECOND_EXPONENT = 0x100 - 20
/** One millisecond in NTP's short format. */
const DISPERSION = 66

/** The answer to a request (RFC 5905 section 7.3), with the one fault that is to be shown. */
function answerTo(asked: NtpPacket, { shows, shift, receivedAt, at, earlier }: Told): Uint8Array {
  const isKiss = shows === 'kiss-rate'
  const [leap, stratum] = shows === 'unsynchronised' ? [3, 16] : isKiss ? [3, 0] : [0, 1]
  const origin = shows === 'origin-earlier' ? earlier : shows === 'origin-zero' ? NO_TIMESTAMP : asked.transmit
  const time = (micros: number) => timestampOf(micros + shift * 1_000_000)
  const bytes = Buffer.alloc(48)
  bytes.set([(leap << 6) | (asked.version << 3) | 4, stratum, 6, MICROSECOND_EXPONENT])
  bytes.writeUInt32BE(DISPERSION, 8)
  bytes.write(isKiss ? 'RATE' : 'LOCL', 12, 'latin1')
  bytes.write(time(receivedAt - 1_000_000) + origin + time(receivedAt) + time(at), 16, 'hex')
  return new Uint8Array(bytes)
}
