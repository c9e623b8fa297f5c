import { latin1 } from './bytes.ts'
import { isChargen, isDaytime, isEchoed, isQuote, isTime } from './small-services.ts'

/**
 * Whether a datagram is an answer of the protocol that the question belongs to, by what it must begin with or hold.
 * Payloads are those of the catalogue `udp-services`; an unknown one recognises nothing.
 */
export function isAnswerTo(payload: string, bytes: Uint8Array): boolean {
  return RECOGNISED[payload]?.(bytes, latin1(bytes.subarray(0, 4096))) ?? false
}

type Recogniser = (bytes: Uint8Array, text: string) => boolean

const begins =
  (...first: number[]): Recogniser =>
  (bytes) =>
    first.every((b, i) => bytes[i] === b)
const holds =
  (pattern: RegExp): Recogniser =>
  (_, text) =>
    pattern.test(text)
/** A DNS message with the response bit (RFC 1035 section 4.1.1). */
const dnsResponse: Recogniser = (b) => b.length >= 12 && ((b[2] ?? 0) & 0x80) !== 0
const soap = holds(/<[^>]{0,64}Envelope[\s>][\s\S]*(ProbeMatch|Hello)/)

const RECOGNISED: Record<string, Recogniser> = {
  ssdp: holds(/^(HTTP\/1\.[01] 200|NOTIFY \* HTTP)/),
  'ws-discovery-camera': soap,
  'ws-discovery-any': soap,
  mdns: dnsResponse,
  'dns-query': dnsResponse,
  // RFC 4795 section 2.1.1: as DNS.
  'llmnr-reverse': dnsResponse,
  'netbios-status': dnsResponse,
  'slp-service-types': begins(2, 10),
  'snmp-v1-public': (b) => snmpOf(b)?.version === 0,
  'snmp-v1-private': (b) => snmpOf(b)?.version === 0,
  'snmp-v2c-public': (b) => snmpOf(b)?.version === 1,
  'snmp-v2c-private': (b) => snmpOf(b)?.version === 1,
  // RFC 3412 section 7.1: a Report-PDU, tag A8.
  'snmp-v3-engine': (b) => snmpOf(b)?.version === 3 && b.includes(0xa8),
  // RFC 1350 section 5: DATA, ACK, ERROR; RFC 2347: OACK.
  'tftp-read': (b) => b.length >= 4 && b[0] === 0 && (b[1] ?? 0) >= 3 && (b[1] ?? 0) <= 6,
  // RFC 5905 section 7.3: mode 4 answers a client.
  'ntp-client': (b) => b.length >= 48 && ((b[0] ?? 0) & 7) === 4,
  // RFC 9327 section 2: mode 6 with the response bit.
  'ntp-control': (b) => b.length >= 12 && ((b[0] ?? 0) & 7) === 6 && ((b[1] ?? 0) & 0x80) !== 0,
  // ASF 2.0 section 3.2.4.2: presence pong.
  'rmcp-ping': (b) => b[0] === 6 && b[8] === 0x40,
  // RFC 7252 section 3: version 1; a response has a class from 2 on, a reset none.
  'coap-core': (b) => b.length >= 4 && (b[0] ?? 0) >> 6 === 1 && ((b[1] ?? 0) >= 0x40 || ((b[0] ?? 0) & 0x30) === 0x30),
  'rtsp-options': holds(/^RTSP\//),
  // RFC 6886 section 3.2: version 0, the operation asked for and the bit of a response; RFC 6887 section 7.2 refuses it alike.
  'nat-pmp-address': (b) => b.length >= 4 && (b[0] ?? 9) <= 2 && b[1] === 0x80,
  // RFC 5531 section 9: REPLY with the number of the call.
  'rpcbind-null': (b) => b.length >= 12 && begins(0xc5, 0xa1, 0xb1, 0xc2, 0, 0, 0, 1)(b, ''),
  // The frame of memcached over UDP has eight bytes.
  'memcached-version': (_, t) => /^VERSION [0-9]/.test(t.slice(8)),
  echo: isEchoed,
  daytime: isDaytime,
  qotd: isQuote,
  chargen: isChargen,
  time: isTime,
  'sip-options': holds(/^SIP\/2\.0 /),
  'stun-binding': (b) => b.length >= 20 && b[0] === 1 && (b[1] === 1 || b[1] === 0x11),
  // RFC 9000 section 17.2.1: long header with version 0.
  'quic-version': (b) => b.length >= 7 && (b[0] ?? 0) >= 0x80 && b[1] === 0 && b[2] === 0 && b[3] === 0 && b[4] === 0,
  sadp: holds(/<ProbeMatch[\s>]/),
  'dahua-dhip': (b, t) => begins(0x20, 0, 0, 0)(b, t) && t.slice(4, 8) === 'DHIP',
  'xiongmai-search': begins(0xff),
  'p2p-hello': (b) => b[0] === 0xf1 && b[1] !== 0,
  'p2p-lan-search': (b) => b[0] === 0xf1 && b[1] !== 0x30,
  'vstarcam-search': begins(0x44, 0x48),
  'foscam-search': holds(/^MO_I/),
  'kasa-sysinfo': (b) => b.length > 10 && b[0] === 0xd0,
  'tapo-discovery': begins(2, 0),
  'ubiquiti-discovery': (b) => b.length >= 4 && (b[0] === 1 || b[0] === 2),
}

export interface Snmp {
  /** 0: v1, 1: v2c, 3: v3. */
  version: number
  /** Error status of a response of v1 or v2c; null where it could not be read. */
  error: number | null
}

/** An SNMP response (RFC 1157 section 4, RFC 3416 section 3, RFC 3412 section 6); null where the bytes are something else. */
export function snmpOf(bytes: Uint8Array): Snmp | null {
  const message = tlv(bytes, 0)
  if (message?.tag !== 0x30) return null
  const version = tlv(bytes, message.from)
  if (version?.tag !== 2 || version.to - version.from !== 1) return null
  const number = bytes[version.from] ?? 255
  if (number === 3) return { version: 3, error: null }
  if (number > 1) return null
  const community = tlv(bytes, version.to)
  const pdu = community?.tag === 4 ? tlv(bytes, community.to) : null
  // GetResponse-PDU
  if (pdu?.tag !== 0xa2) return null
  const request = tlv(bytes, pdu.from)
  const error = request && tlv(bytes, request.to)
  return { version: number, error: error?.tag === 2 ? (bytes[error.to - 1] ?? null) : null }
}

/** One BER element of definite length: where its content begins and ends, within the bytes. */
function tlv(bytes: Uint8Array, at: number): { tag: number; from: number; to: number } | null {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined) return null
  let from = at + 2
  let length = first
  if (first >= 0x80) {
    const count = first & 0x7f
    if (count < 1 || count > 3) return null
    length = 0
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[from++] ?? 0)
  }
  return from + length <= bytes.length ? { tag, from, to: from + length } : null
}
