// Twelve UDP services as cameras have them, one port each: each answers a question of its own protocol and nothing else.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { answerDiscovery } from '../../lab/cameras/onvif/discovery.ts'
import { answerSnmp, answerSsdp } from '../../lab/cameras/udp-backdoors.ts'

const ADDRESS = '10.79.1.2'

type Service = (question: Buffer) => Buffer | null
const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex')
const text = (question: Buffer): string => question.toString('latin1')
const when = (isAsked: boolean, answer: () => Buffer): Buffer | null => (isAsked ? answer() : null)
const head = (bytes: Buffer, at: number, of: Buffer): Buffer => (of.copy(bytes, at), bytes)

/** A report of the engine (RFC 3414 section 4). */
const SNMP_REPORT = hex(
  '3066020103301002044a69c5a3020300ffe304010002010304223020040d80001f888059dc486145a26322020105020200ac0400040004003' +
    '02b040d80001f888059dc486145a263220400a818020437f0c5a3020100020100300a300806032b06010401020500',
)

const snmp = answerSnmp('Linux camera')
const SERVICES: Record<number, Service> = {
  // RFC 1350 section 5: error 1, the file is not there.
  69: (q) => when(q.readUInt16BE(0) === 1, () => Buffer.concat([hex('00050001'), Buffer.from('File not found\0')])),
  // RFC 5905 section 7.3: mode 3 asks, mode 4 answers.
  123: (q) => when(q.length >= 48 && ((q[0] ?? 0) & 7) === 3, () => head(Buffer.alloc(48), 0, hex('240200e7'))),
  161: (q) => snmp(q) ?? when(q[0] === 0x30 && q.subarray(2, 5).equals(hex('020103')), () => SNMP_REPORT),
  1900: answerSsdp(ADDRESS),
  // RFC 8489 section 5: a success, under the transaction of the question.
  3478: (q) =>
    when(q.length >= 20 && q.readUInt16BE(0) === 1, () => Buffer.concat([hex('01010000'), q.subarray(4, 20)])),
  3702: (q) => {
    const answer = answerDiscovery(q, 'BENCH', `https://${ADDRESS}/onvif/device_service`)
    return answer === null ? null : Buffer.from(answer)
  },
  5060: (q) => when(/^[A-Z]+ sip:/.test(text(q)), () => Buffer.from('SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n')),
  // RFC 6762 section 6: a response under the id of the question.
  5353: (q) =>
    when(q.length > 12 && ((q[2] ?? 0) & 0x80) === 0, () =>
      Buffer.concat([q.subarray(0, 2), hex('84000000000000000000')]),
    ),
  // RFC 7252 section 3: 2.05 acknowledges.
  5683: (q) => when((q[0] ?? 0) >> 6 === 1 && q.length >= 4, () => Buffer.concat([hex('6045'), q.subarray(2, 4)])),
  34569: (q) => when(q[0] === 0xff && q.length >= 20, () => head(Buffer.alloc(20), 0, hex('ff01'))),
  37020: (q) => when(/<Probe>/.test(text(q)), () => Buffer.from('<?xml version="1.0"?><ProbeMatch></ProbeMatch>')),
  37810: (q) => when(text(q.subarray(4, 8)) === 'DHIP', () => head(Buffer.alloc(32), 0, hex('2000000044484950'))),
}
/** SSDP answers within the seconds of MX, here nearly the last moment (UPnP Device Architecture 1.1 section 1.3.3). */
const LATE: Record<number, number> = { 1900: 900 }

export const UDP_PORTS = Object.keys(SERVICES).map(Number)

export async function openUdp(): Promise<void> {
  for (const [port, service] of Object.entries(SERVICES)) {
    const socket = createSocket('udp4')
    socket.on('message', (question, from) => {
      const answer = question.length >= 2 ? service(question) : null
      if (answer) setTimeout(() => socket.send(answer, from.port, from.address), LATE[Number(port)] ?? 0)
    })
    socket.bind({ address: ADDRESS, port: Number(port) })
    await once(socket, 'listening')
  }
}
