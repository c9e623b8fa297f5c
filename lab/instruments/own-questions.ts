import { fromBase64, latin1 } from '../../suites/facts/bytes.ts'
import { isRfb, ownService } from '../../suites/facts/own-services.ts'
import { serviceProtocol } from '../../suites/facts/service-protocol.ts'
import type { ServiceSeen } from '../../suites/observations/services.ts'
import type { Bench, Endpoint } from '../probe.ts'
import { authorityOf } from './conversation.ts'
import { openLine } from './line.ts'

type Own = NonNullable<ServiceSeen['own']>[number]
type Question = Own['question']

const PATIENCE_MS = 1000
const MOST_BYTES = 2048
/** Bytes that follow the first ones of an answer at once. */
const REST_MS = 100

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex')
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1')

/** Begins nothing but a conversation: none changes a device, writes or tries a log-in. */
const BYTES: Record<Exclude<Question, 'rfb'>, (to: Endpoint) => Uint8Array> = {
  gdb: () => ascii('$qSupported#37'),
  redis: () => ascii('PING\r\n'),
  memcached: () => ascii('version\r\n'),
  // The call of procedure 0 of program 100000 version 2, in one fragment (RFC 5531 section 11).
  rpcbind: () => hex('80000028 c5a1b1c2 00000000 00000002 000186a0 00000002 00000000' + '00'.repeat(16)),
  // Least significant byte first, version 11.0, no authorisation.
  x11: () => hex('6c000b00 00000000 00000000'),
  // CNXN, version 1.0, 4096 bytes, and the banner "host::" with its sum.
  adb: () => hex('434e584e 00000001 00100000 07000000 32020000 bcb1a7b1 686f73743a3a00'),
  jdwp: () => ascii('JDWP-Handshake'),
  // Read device identification, basic, of unit 1 (Modbus Application Protocol section 6.21).
  modbus: () => hex('c5a90000000501 2b0e0100'),
  inspector: (to) => ascii(`GET /json/version HTTP/1.1\r\nHost: ${authorityOf(to)}\r\nConnection: close\r\n\r\n`),
}

/** What a port that said nothing at all is asked; what needs an occasion is not among it. */
const OF_SILENT: readonly Question[] = ['gdb', 'redis', 'memcached', 'rpcbind', 'x11', 'adb', 'jdwp', 'modbus']

/** Where these services usually listen: asked first, before a question that they might take ill. */
const USUAL = new Map<number, Question>([
  [111, 'rpcbind'],
  [502, 'modbus'],
  [1234, 'gdb'],
  [2159, 'gdb'],
  [2345, 'gdb'],
  [3333, 'gdb'],
  [5005, 'jdwp'],
  [8787, 'jdwp'],
  [5555, 'adb'],
  [6000, 'x11'],
  [6001, 'x11'],
  [6379, 'redis'],
  [9222, 'inspector'],
  [9229, 'inspector'],
  [11211, 'memcached'],
])

/** What there is reason to ask a port, by what it said or where it is. */
function reasonsFor(seen: ServiceSeen): Question[] {
  if (seen.tls) return []
  const protocol = serviceProtocol(seen)
  const usual = USUAL.get(seen.port)
  const answers = [seen.httpAnswer, seen.rtspAnswer, seen.mqttAnswer].map((a) => latin1(fromBase64(a)))
  if (protocol === 'http')
    return usual === 'inspector' || answers.some((a) => a.includes('WebSockets request')) ? ['inspector'] : []
  if (protocol !== 'unknown') return []
  if (isRfb(fromBase64(seen.greeting))) return ['rfb']
  // A stub of gdb serves one connection at a time: it is asked before somebody listens.
  if (isSilent(seen)) return [usual ?? 'gdb']
  return answers.some((a) => /^-|^ERROR\r\n/.test(a)) ? ['redis', 'memcached'] : []
}

/** Asks in the service's own protocol where there is a reason to. */
export const askReasoned = (bench: Bench, to: Endpoint, seen: ServiceSeen): Promise<ServiceSeen> =>
  asking(bench, to, seen, reasonsFor(seen))

/** Asks a port that said nothing in every protocol of the list. */
export const askSilent = (bench: Bench, to: Endpoint, seen: ServiceSeen): Promise<ServiceSeen> =>
  asking(bench, to, seen, isSilent(seen) ? OF_SILENT : [])

const isSilent = (seen: ServiceSeen): boolean =>
  !seen.tls && [seen.greeting, seen.tlsAnswer, seen.httpAnswer, seen.rtspAnswer, seen.mqttAnswer].every((a) => a === '')

/** One question after another, each on a connection of its own, until the service is known. */
async function asking(
  bench: Bench,
  to: Endpoint,
  seen: ServiceSeen,
  questions: readonly Question[],
): Promise<ServiceSeen> {
  let row = seen
  for (const question of questions) {
    if (bench.signal.aborted || ownService(row)?.open) break
    if (row.own?.some((o) => o.question === question)) continue
    const answer = Buffer.from(bench.redact(await answerOf(bench, to, row, question))).toString('base64')
    row = { ...row, own: [...(row.own ?? []), { question, answer }] }
  }
  return row
}

async function answerOf(bench: Bench, to: Endpoint, seen: ServiceSeen, question: Question): Promise<Uint8Array> {
  const opened = await openLine(bench, to, { milliseconds: PATIENCE_MS })
  if ('failure' in opened) return new Uint8Array()
  const { line } = opened
  try {
    if (question === 'rfb') {
      await line.read((b) => (b.length >= 12 ? 12 : null), { milliseconds: PATIENCE_MS, maxBytes: 12 })
      // RFC 6143 section 7.1.1: the client names a version it shares.
      const isOld = latin1(fromBase64(seen.greeting)).slice(4, 11) < '003.007'
      line.write(ascii(isOld ? 'RFB 003.003\n' : 'RFB 003.008\n'))
    } else line.write(BYTES[question](to))
    const first = await line.read((b) => (b.length > 0 ? b.length : null), {
      milliseconds: PATIENCE_MS,
      maxBytes: MOST_BYTES,
    })
    if (first.end !== 'complete') return first.bytes
    const rest = await line.read(() => null, { milliseconds: REST_MS, maxBytes: MOST_BYTES - first.bytes.length })
    return Buffer.concat([first.bytes, rest.bytes])
  } finally {
    line.close()
  }
}
