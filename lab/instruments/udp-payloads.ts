import { randomUUID } from 'node:crypto'
import { ECHOED } from '../../suites/facts/small-services.ts'
import type { Endpoint } from '../probe.ts'
import { authorityOf } from './conversation.ts'

/** Where a question goes and where it comes from: some protocols name one or the other. */
export interface UdpPlace extends Endpoint {
  source: string
}

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex')
const ascii = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1')
const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8')

/** What is asked, by the names of the catalogue `udp-services`. Questions only: none is known to change a device. */
const PAYLOADS: Record<string, (to: UdpPlace) => Uint8Array> = {
  ssdp: (to) =>
    ascii(
      'M-SEARCH * HTTP/1.1',
      `HOST: ${to.address.includes(':') ? '[FF02::C]' : '239.255.255.250'}:1900`,
      'MAN: "ssdp:discover"',
      'MX: 1',
      'ST: ssdp:all',
      '',
      '',
    ),
  'ws-discovery-camera': () => wsProbe('<d:Types>dn:NetworkVideoTransmitter</d:Types>'),
  'ws-discovery-any': () => wsProbe(''),
  mdns: () =>
    dns(0, 0, [
      ['_services._dns-sd._udp.local', 12],
      ['_rtsp._tcp.local', 12],
      ['_http._tcp.local', 12],
    ]),
  // NBSTAT of the wildcard name, half-ASCII encoded (RFC 1001 section 14.1).
  'netbios-status': () => hex(`c5a10000000100000000000020434b${'41'.repeat(30)}0000210001`),
  // Service type request of all naming authorities in scope DEFAULT, language en.
  'slp-service-types': () => hex('020900001d0000000000c5a20002656e' + '0000ffff0007' + '44454641554c54'),
  'snmp-v1-public': () => snmp(0, 'public'),
  'snmp-v1-private': () => snmp(0, 'private'),
  'snmp-v2c-public': () => snmp(1, 'public'),
  'snmp-v2c-private': () => snmp(1, 'private'),
  // Discovery of the engine: reportable, no authentication, an empty engine id (RFC 3414 section 4).
  'snmp-v3-engine': () =>
    hex(
      '303e020103301102044a69c5a3020300ffe30401040201030410300e0400020100020100040004000400' +
        '301404000400a00e020437f0c5a30201000201003000',
    ),
  'tftp-read': () => Buffer.concat([hex('0001'), utf8('camseal-no-such-file\0octet\0')]),
  'ntp-client': () => Buffer.concat([hex('23000000'), Buffer.alloc(44)]),
  // Read variables of the system, association 0.
  'ntp-control': () => hex('160200010000000000000000'),
  'dns-query': () => dns(0xc5a4, 0x0100, [['camseal.invalid', 1]]),
  // Who has the device's address: a responder answers for none but its own (RFC 4795 section 2.3).
  'llmnr-reverse': (to) => dns(0xc5ac, 0, [[reverseName(to.address), 12]]),
  // The address outside; nothing is mapped.
  'nat-pmp-address': () => hex('0000'),
  // A call of procedure 0, which does nothing, of program 100000 version 2 (RFC 5531 section 9, RFC 1833 section 3).
  'rpcbind-null': () => hex('c5a1b1c2 00000000 00000002 000186a0 00000002 00000000' + '00'.repeat(16)),
  'memcached-version': () => Buffer.concat([hex('c5ad000000010000'), utf8('version\r\n')]),
  echo: () => utf8(ECHOED),
  // What these are sent does not matter to them (RFC 867, 865, 864, 868).
  daytime: () => utf8('\n'),
  qotd: () => utf8('\n'),
  chargen: () => utf8('\n'),
  time: () => utf8('\n'),
  syslog: () => utf8('<190>1 - - camseal - - - question of a conformance test'),
  'rmcp-ping': () => hex('0600ff06000011be80c50000'),
  'coap-core': () => Buffer.concat([hex('4001c5a5bb'), utf8('.well-known'), hex('04'), utf8('core')]),
  'rtsp-options': (to) => ascii(`OPTIONS rtspu://${authorityOf(to)}/ RTSP/1.0`, 'CSeq: 1', '', ''),
  'sip-options': (to) => sipOptions(to),
  'stun-binding': () => hex('000100002112a442c5a600000000000000000001'),
  // A version nobody has forces a version negotiation; 1200 bytes are the least an Initial may have.
  'quic-version': () => {
    const packet = Buffer.alloc(1200)
    hex('ca1a2a3a4a08c5a700000000000108c5a8000000000001').copy(packet)
    return packet
  },
  sadp: () =>
    utf8(
      `<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>${randomUUID().toUpperCase()}</Uuid><Types>inquiry</Types></Probe>`,
    ),
  'dahua-dhip': () => dhip('{"method":"DHDiscover.search","params":{"mac":"","uni":1}}'),
  // Message 1530 (search), empty body.
  'xiongmai-search': () => hex('ff00000000000000000000000000fa0500000000'),
  'p2p-hello': () => hex('f1000000'),
  'p2p-lan-search': () => hex('f1300000'),
  'vstarcam-search': () => hex('44480101'),
  'foscam-search': () => Buffer.concat([utf8('MO_I'), hex('0000000000000000000000040000000000000001000000')]),
  'kasa-sysinfo': () => autokey('{"system":{"get_sysinfo":{}}}'),
  'tapo-discovery': () => hex('020000010000000000000000463cb5d3'),
  'ubiquiti-discovery': () => hex('01000000'),
}

/** The bytes of one question; null for a name that has none. */
export const payloadOf = (name: string, to: UdpPlace): Uint8Array | null => PAYLOADS[name]?.(to) ?? null

function wsProbe(types: string): Uint8Array {
  return utf8(
    '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"' +
      ' xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"' +
      ' xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header>' +
      `<w:MessageID>uuid:${randomUUID()}</w:MessageID>` +
      '<w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>' +
      '<w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action>' +
      `</e:Header><e:Body><d:Probe>${types}</d:Probe></e:Body></e:Envelope>`,
  )
}

/** The name that stands for an address (RFC 1035 section 3.5, RFC 3596 section 2.5). */
export function reverseName(address: string): string {
  if (!address.includes(':')) return `${address.split('.').reverse().join('.')}.in-addr.arpa`
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const words = (part: string | undefined): string[] => (part ? part.split(':') : [])
  const given = [...words(head), ...words(tail)].length
  const all = [...words(head), ...Array<string>(tail === undefined ? 0 : 8 - given).fill('0'), ...words(tail)]
  const digits = all.map((word) => word.padStart(4, '0')).join('')
  return `${[...digits].reverse().join('.')}.ip6.arpa`
}

/** A DNS query of class IN (RFC 1035 section 4.1). */
function dns(id: number, flags: number, questions: [name: string, type: number][]): Uint8Array {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(id, 0)
  head.writeUInt16BE(flags, 2)
  head.writeUInt16BE(questions.length, 4)
  const asked = questions.map(([name, type]) =>
    Buffer.concat([
      ...name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), utf8(label)])),
      Buffer.from([0, 0, type, 0, 1]),
    ]),
  )
  return Buffer.concat([head, ...asked])
}

/** GetRequest of sysDescr.0 (RFC 1157 section 4.1.2, RFC 1901 section 3). */
function snmp(version: 0 | 1, community: string): Uint8Array {
  const pdu = hex('a01c0204' + '37f0c5a9' + '020100020100300e300c06082b060102010101000500')
  const name = Buffer.concat([Buffer.from([4, community.length]), utf8(community)])
  const body = Buffer.concat([Buffer.from([2, 1, version]), name, pdu])
  return Buffer.concat([Buffer.from([0x30, body.length]), body])
}

function sipOptions(to: UdpPlace): Uint8Array {
  const here = to.family === 'ipv6' ? `[${to.source}]` : to.source
  return ascii(
    `OPTIONS sip:${authorityOf(to)} SIP/2.0`,
    `Via: SIP/2.0/UDP ${here};branch=z9hG4bK${randomUUID()};rport`,
    'Max-Forwards: 70',
    `From: <sip:camseal@${here}>;tag=camseal`,
    `To: <sip:${authorityOf(to)}>`,
    `Call-ID: ${randomUUID()}`,
    'CSeq: 1 OPTIONS',
    'Accept: application/sdp',
    'Content-Length: 0',
    '',
    '',
  )
}

/** Dahua's header of 32 bytes, its length twice, and a body of JSON. */
function dhip(json: string): Uint8Array {
  const head = Buffer.alloc(32)
  head.writeUInt32LE(32, 0)
  head.write('DHIP', 4, 'latin1')
  head.writeUInt32LE(json.length, 16)
  head.writeUInt32LE(json.length, 24)
  return Buffer.concat([head, utf8(json)])
}

/** Every byte is the key of the next; the first key is 171. */
function autokey(text: string): Uint8Array {
  let key = 171
  return utf8(text).map((byte) => (key ^= byte))
}
