import type { ServiceSeen } from '../observations/services.ts'
import { fromBase64, latin1 } from './bytes.ts'
import { isChargen, isDaytime, isQuote, isTime, type SmallService } from './small-services.ts'

/** What a service of a protocol that few others speak is called. */
export type OwnService =
  | SmallService
  | 'vnc'
  | 'rpcbind'
  | 'redis'
  | 'memcached'
  | 'x11'
  | 'adb'
  | 'gdbserver'
  | 'jdwp'
  | 'inspector'
  | 'modbus'

export interface OwnSeen {
  service: OwnService
  /** Whether it serves without a log-in: `weak` after the challenge of VNC alone, whose session is in clear; null where it was not shown. */
  open: 'yes' | 'weak' | 'no' | null
}

/** The services that say something by themselves, or answer a question of their own protocol; null where none is known. */
export function ownService(row: ServiceSeen): OwnSeen | null {
  if (row.tls) return null
  const greeting = fromBase64(row.greeting)
  if (isRfb(greeting)) return { service: 'vnc', open: vncOpen(greeting, answerTo(row, 'rfb')) }
  const small = smallService(row, greeting)
  if (small) return { service: small, open: 'yes' }
  // Redis in its protected mode says so to whoever comes from elsewhere.
  if (latin1(greeting.subarray(0, 13)) === '-DENIED Redis') return { service: 'redis', open: 'no' }
  for (const { question, answer } of row.own ?? []) {
    const bytes = fromBase64(answer)
    const found = question === 'rfb' ? null : RECOGNISED[question](bytes, latin1(bytes.subarray(0, 2048)))
    if (found) return found
  }
  return null
}

type OwnQuestion = NonNullable<ServiceSeen['own']>[number]['question']
type Recogniser = (bytes: Uint8Array, text: string) => OwnSeen | null

const RECOGNISED: Record<Exclude<OwnQuestion, 'rfb'>, Recogniser> = {
  // RFC 5531 sections 9 and 11: the mark of a last fragment, then the call's number and REPLY.
  rpcbind: (b) =>
    b.length >= 12 && b[0] === 0x80 && number(b, 4) === 0xc5a1b1c2 && number(b, 8) === 1
      ? { service: 'rpcbind', open: 'yes' }
      : null,
  redis: (_, text) =>
    text.startsWith('+PONG\r\n')
      ? { service: 'redis', open: 'yes' }
      : /^-(?:NOAUTH |DENIED Redis|ERR operation not permitted)/.test(text)
        ? { service: 'redis', open: 'no' }
        : null,
  memcached: (_, text) => (/^VERSION [0-9]/.test(text) ? { service: 'memcached', open: 'yes' } : null),
  // X Window System Protocol, chapter 8: failed, success or more to prove; version 11.
  x11: (b) =>
    b.length >= 8 && (b[0] ?? 9) <= 2 && (b[0] === 2 || (b[2] === 11 && b[3] === 0))
      ? { service: 'x11', open: b[0] === 1 ? 'yes' : 'no' }
      : null,
  // The command and, at the end of the header, its complement.
  adb: (b, text) => {
    const command = text.slice(0, 4)
    if (b.length < 24 || ![0, 1, 2, 3].every((i) => ((b[i] ?? 0) ^ (b[20 + i] ?? 0)) === 0xff)) return null
    if (command === 'CNXN') return { service: 'adb', open: 'yes' }
    return command === 'AUTH' || command === 'STLS' ? { service: 'adb', open: 'no' } : null
  },
  // A packet with what the stub supports, or an empty one.
  gdb: (_, text) =>
    /^\+{0,8}\$(?:[^#$]{0,1500}PacketSize=[^$]{0,1990})?(?:#[0-9a-f]{2}|$)/.test(text) && text.length > 4
      ? { service: 'gdbserver', open: 'yes' }
      : null,
  // A machine that waits for its debugger tells that it began, right behind the handshake.
  jdwp: (_, text) => (text.startsWith('JDWP-Handshake') ? { service: 'jdwp', open: 'yes' } : null),
  inspector: (_, text) =>
    /^HTTP\/1\.[01] 200\b/.test(text) && text.includes('"Protocol-Version"') && text.includes('"Browser"')
      ? { service: 'inspector', open: 'yes' }
      : null,
  // Modbus Messaging on TCP/IP section 3.1.3: number, protocol 0, length; then the function asked for, or its exception.
  modbus: (b) =>
    b.length >= 9 &&
    number(b, 0) === 0xc5a90000 &&
    (b[4] ?? 0) * 256 + (b[5] ?? 0) === b.length - 6 &&
    ((b[7] ?? 0) & 0x7f) === 0x2b
      ? { service: 'modbus', open: 'yes' }
      : null,
}

const answerTo = ({ own = [] }: ServiceSeen, question: OwnQuestion): Uint8Array =>
  fromBase64(own.find((o) => o.question === question)?.answer ?? '')

const number = (b: Uint8Array, at: number): number => [0, 1, 2, 3].reduce((sum, i) => sum * 256 + (b[at + i] ?? 0), 0)

/** The version that an RFB server begins with (RFC 6143 section 7.1.1). */
export const isRfb = (greeting: Uint8Array): boolean => /^RFB \d{3}\.\d{3}\n$/.test(latin1(greeting.subarray(0, 12)))

const NONE = 1
const VNC_AUTHENTICATION = 2

/** The security types offered (RFC 6143 section 7.1.2); before version 3.7 the server decides (appendix A.1). */
function vncOpen(greeting: Uint8Array, answer: Uint8Array): OwnSeen['open'] {
  const isOld = latin1(greeting.subarray(4, 11)) < '003.007'
  if (isOld && answer.length < 4) return null
  const count = isOld ? 1 : (answer[0] ?? 0)
  const types = isOld ? [number(answer, 0)] : [...answer.subarray(1, 1 + count)]
  // No type, where the server says why it takes nobody.
  if (count === 0 || types.length < count || types.includes(0)) return null
  if (types.includes(NONE)) return 'yes'
  return types.every((t) => t === VNC_AUTHENTICATION) ? 'weak' : null
}

function smallService(row: ServiceSeen, greeting: Uint8Array): SmallService | null {
  if (isChargen(greeting)) return 'chargen'
  if (isDaytime(greeting)) return 'daytime'
  // Four bytes or a text are these only where they are known to be.
  if (row.port === 37 && isTime(greeting)) return 'time'
  if (row.port === 17 && isQuote(greeting)) return 'qotd'
  return greeting.length === 0 && isEchoing(row) ? 'echo' : null
}

/** The questions, letter by letter, and nothing else: a terminal that shows what is typed goes on. */
const isEchoing = (row: ServiceSeen): boolean =>
  /^GET \/ HTTP\/1\.1\r\nHost: [^\r\n]{1,80}\r\nConnection: close\r\n\r\n$/.test(latin1(fromBase64(row.httpAnswer))) &&
  /^OPTIONS rtsp:\/\/[^\r\n]{1,80}\/ RTSP\/1\.0\r\nCSeq: 1\r\n\r\n$/.test(latin1(fromBase64(row.rtspAnswer)))
