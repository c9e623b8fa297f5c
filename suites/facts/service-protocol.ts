import { fromBase64, latin1 } from './bytes.ts'
import { goesAhead } from './ftp-reply.ts'

export type Protocol = 'http' | 'rtsp' | 'ssh' | 'telnet' | 'ftp' | 'mqtt' | 'unknown'

export interface Said {
  greeting: Uint8Array
  httpAnswer: Uint8Array
  rtspAnswer: Uint8Array
  mqttAnswer: Uint8Array
}

const IAC = 0xff

/**
 * What a port speaks, by the first word it says. An RTSP server answers an HTTP request with "RTSP/1.0 400",
 * and one that also tunnels RTSP through HTTP answers HTTP to HTTP: RTSP is looked for first.
 */
export function protocolOf({ greeting, httpAnswer, rtspAnswer, mqttAnswer }: Said): Protocol {
  const hello = latin1(greeting.subarray(0, 256))
  if (hello.startsWith('SSH-')) return 'ssh'
  // RFC 854: a negotiation is IAC and one of WILL, WONT, DO, DONT.
  if (greeting[0] === IAC && (greeting[1] ?? 0) >= 251 && (greeting[1] ?? 0) <= 254) return 'telnet'
  if (/^220[ -]/.test(hello) && !/smtp/i.test(hello)) return 'ftp'
  if (/(^|[\r\n ])(login|username) ?: ?$/i.test(hello)) return 'telnet'
  if (startsWith(httpAnswer, 'RTSP/')) return 'rtsp'
  if (startsWith(rtspAnswer, 'RTSP/') && !(startsWith(httpAnswer, 'HTTP/') && isEcho(rtspAnswer))) return 'rtsp'
  if (startsWith(httpAnswer, 'HTTP/') || startsWith(rtspAnswer, 'HTTP/')) return 'http'
  // MQTT 3.1.1 section 3.2: CONNACK, two bytes follow.
  if (mqttAnswer[0] === 0x20 && mqttAnswer[1] === 0x02 && (mqttAnswer[3] ?? 255) <= 5) return 'mqtt'
  return 'unknown'
}

/** The same for one row of the observation `services`. */
export const serviceProtocol = (row: { [K in keyof Said]: string }): Protocol =>
  protocolOf({
    greeting: fromBase64(row.greeting),
    httpAnswer: fromBase64(row.httpAnswer),
    rtspAnswer: fromBase64(row.rtspAnswer),
    mqttAnswer: fromBase64(row.mqttAnswer),
  })

/** FTP that goes ahead when it is asked for TLS (RFC 4217 section 4). */
export const startsTls = (row: { [K in keyof Said]: string } & { authTls?: string | undefined }): boolean =>
  serviceProtocol(row) === 'ftp' && goesAhead(fromBase64(row.authTls ?? ''))

/**
 * Some web servers begin a refusal with the protocol that the request named ("RTSP/1.0 501"). An RTSP server repeats
 * CSeq in every answer (RFC 2326 section 12.17).
 */
const isEcho = (answer: Uint8Array): boolean => {
  const head = latin1(answer)
  return /^RTSP\/\d\.\d (400|405|501|505)\b/.test(head) && !/^CSeq[ \t]*:/im.test(head)
}

const startsWith = (bytes: Uint8Array, word: string): boolean => latin1(bytes.subarray(0, word.length)) === word
