import { suiteById } from './tls-suites.ts'

/** Protocol versions, oldest first, in the words of this project and as their wire number. */
export const TLS_VERSIONS = ['ssl3', 'tls1.0', 'tls1.1', 'tls1.2', 'tls1.3'] as const
export type TlsVersion = (typeof TLS_VERSIONS)[number]
export const WIRE_VERSION: Readonly<Record<TlsVersion, number>> = {
  ssl3: 0x0300,
  'tls1.0': 0x0301,
  'tls1.1': 0x0302,
  'tls1.2': 0x0303,
  'tls1.3': 0x0304,
}
export const VERSION_NAME: Readonly<Record<TlsVersion, string>> = {
  ssl3: 'SSL 3.0',
  'tls1.0': 'TLS 1.0',
  'tls1.1': 'TLS 1.1',
  'tls1.2': 'TLS 1.2',
  'tls1.3': 'TLS 1.3',
}

export const ALERT = 21
export const HANDSHAKE = 22
const RENEGOTIATION_INFO = 0xff01
const MOST_CERTIFICATES = 16
/** RFC 8446 section 5.2 and RFC 5246 section 6.2.3: no record is longer. */
const MOST_RECORD = 16384 + 2048

/** A ServerHello (RFC 5246 section 7.4.1.3) or HelloRetryRequest (RFC 8446 section 4.1.4). */
export interface ServerHello {
  /** Version in force: of supported_versions where it is there (RFC 8446 section 4.2.1). */
  version: number
  suite: number
  retry: boolean
  /** Group chosen in key_share; null where the message names none. */
  group: number | null
  extensions: number[]
  /** The server's random bytes, as hexadecimal. */
  random: string
  /** 0: none (RFC 3749). */
  compression: number
  /** Content of renegotiation_info as hexadecimal (RFC 5746 section 3.2); null where the extension is missing. */
  renegotiation: string | null
}

export interface TlsAnswer {
  /**
   * hello: a ServerHello or HelloRetryRequest; alert: a fatal alert or close_notify before one; none: nothing or
   * only the beginning of a message; not-tls: something else.
   */
  is: 'hello' | 'alert' | 'none' | 'not-tls'
  hello: ServerHello | null
  alert: { level: number; description: number } | null
  /** Certificates in DER as they were sent, the server's own first; null where the message did not come (TLS 1.3). */
  chain: Uint8Array[] | null
  /** Curve of an ECDHE, or bits of the prime of a DHE ServerKeyExchange. */
  keyExchange: { group: number } | { primeBits: number } | null
  /** Bytes up to the end of the ServerHello or alert; null while it has not come. */
  decidedAt: number | null
  /** Bytes up to the end of the ServerHelloDone. */
  doneAt: number | null
}

/** SHA-256 of "HelloRetryRequest" (RFC 8446 section 4.1.3). */
const RETRY = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c'

/** Reads what a server answered to a ClientHello, as far as it came. Any bytes are allowed; never throws. */
export function tlsAnswerOf(bytes: Uint8Array): TlsAnswer {
  const answer: TlsAnswer = {
    is: 'none',
    hello: null,
    alert: null,
    chain: null,
    keyExchange: null,
    decidedAt: null,
    doneAt: null,
  }
  const flight = handshakeOf(bytes)
  answer.alert = flight.alert?.content ?? null
  for (const { type, body, end } of messagesOf(flight)) {
    if (type === 2 && answer.hello === null) {
      answer.hello = serverHelloOf(body)
      if (answer.hello) answer.decidedAt = end
    } else if (type === 11) answer.chain ??= chainOf(body)
    else if (type === 12) answer.keyExchange ??= keyExchangeOf(body, answer.hello?.suite ?? 0)
    else if (type === 14) answer.doneAt ??= end
  }
  if (answer.hello) answer.is = 'hello'
  else if (flight.alert) {
    answer.is = 'alert'
    answer.decidedAt = flight.alert.end
  } else if (flight.foreign) answer.is = 'not-tls'
  return answer
}

/** How many bytes belong to the answer, for a reader that stops there; null while more is needed. */
export function enoughOfAnswer(bytes: Uint8Array): number | null {
  const { is, decidedAt } = tlsAnswerOf(bytes)
  return is === 'not-tls' ? bytes.length : decidedAt
}

interface Flight {
  /** Handshake bytes of all records joined, and for each record where it starts in them and in the input. */
  handshake: Uint8Array
  parts: { at: number; from: number }[]
  alert: { content: { level: number; description: number }; end: number } | null
  foreign: boolean
}

/** Joins the fragments of handshake records (RFC 5246 section 6.2.1) up to a fatal alert or what is no record. */
function handshakeOf(bytes: Uint8Array): Flight {
  const flight: Flight = { handshake: new Uint8Array(bytes.length), parts: [], alert: null, foreign: false }
  let used = 0
  let at = 0
  while (at < bytes.length) {
    const type = bytes[at] ?? 0
    const length = u16(bytes, at + 3)
    const plain = type >= 20 && type <= 24 && (at + 1 >= bytes.length || bytes[at + 1] === 3) && length <= MOST_RECORD
    if (!plain) {
      flight.foreign = used === 0
      break
    }
    const from = at + 5
    const to = Math.min(from + length, bytes.length)
    if (type === HANDSHAKE && to > from) {
      flight.parts.push({ at: used, from })
      flight.handshake.set(bytes.subarray(from, to), used)
      used += to - from
    }
    if (type === ALERT && to - from >= 2) {
      const content = { level: bytes[from] ?? 0, description: bytes[from + 1] ?? 0 }
      // A warning such as unrecognized_name (RFC 6066 section 3) does not end the handshake; close_notify does.
      if (content.level === 2 || content.description === 0) {
        flight.alert = { content, end: from + 2 }
        break
      }
    }
    if (length === 0 && type === HANDSHAKE) break
    at = from + length
  }
  flight.handshake = flight.handshake.subarray(0, used)
  return flight
}

/** Complete handshake messages; `end` counts in the bytes as received. */
function* messagesOf({ handshake, parts }: Flight): Generator<{ type: number; body: Uint8Array; end: number }> {
  let at = 0
  let last = 0
  while (at + 4 <= handshake.length) {
    const length = ((handshake[at + 1] ?? 0) << 16) | u16(handshake, at + 2)
    const to = at + 4 + length
    if (to > handshake.length) return
    while ((parts[last + 1]?.at ?? Infinity) < to) last++
    const part = parts[last]
    yield {
      type: handshake[at] ?? 0,
      body: handshake.subarray(at + 4, to),
      end: part ? part.from + (to - part.at) : to,
    }
    at = to
  }
}

function serverHelloOf(body: Uint8Array): ServerHello | null {
  const session = 35 + (body[34] ?? 0)
  if (session + 3 > body.length) return null
  const hello: ServerHello = {
    version: u16(body, 0),
    suite: u16(body, session),
    retry: hexOf(body.subarray(2, 34)) === RETRY,
    group: null,
    extensions: [],
    random: hexOf(body.subarray(2, 34)),
    compression: body[session + 2] ?? 0,
    renegotiation: null,
  }
  const end = Math.min(session + 5 + u16(body, session + 3), body.length)
  for (let at = session + 5; at + 4 <= end; at += 4 + u16(body, at + 2)) {
    const type = u16(body, at)
    const content = body.subarray(at + 4, Math.min(at + 4 + u16(body, at + 2), end))
    hello.extensions.push(type)
    if (type === 43 && content.length === 2) hello.version = u16(content, 0)
    if (type === 51 && content.length >= 2) hello.group = u16(content, 0)
    if (type === RENEGOTIATION_INFO) hello.renegotiation = hexOf(content)
  }
  return hello
}

/** RFC 5246 section 7.4.2. An entry that does not fit ends the list. */
function chainOf(body: Uint8Array): Uint8Array[] {
  const chain: Uint8Array[] = []
  for (let at = 3; at + 3 <= body.length && chain.length < MOST_CERTIFICATES;) {
    const to = at + 3 + (((body[at] ?? 0) << 16) | u16(body, at + 1))
    if (to > body.length || to === at + 3) break
    chain.push(body.subarray(at + 3, to))
    at = to
  }
  return chain
}

/** RFC 8422 section 5.4 (named_curve) and RFC 5246 section 7.4.3; which of them it is follows from the suite. */
function keyExchangeOf(body: Uint8Array, suite: number): TlsAnswer['keyExchange'] {
  const elliptic = suiteById(suite)?.keyExchange.startsWith('ECDH') ?? false
  if (elliptic && body.length >= 3 && body[0] === 3) return { group: u16(body, 1) }
  const length = u16(body, 0)
  if (elliptic || length === 0 || 2 + length > body.length) return null
  const first = body.subarray(2, 2 + length).findIndex((b) => b !== 0)
  if (first < 0) return null
  return { primeBits: (length - first) * 8 - Math.clz32(body[2 + first] ?? 0) + 24 }
}

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)

const hexOf = (bytes: Uint8Array): string => [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('')
