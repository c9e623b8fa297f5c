import { randomInt } from 'node:crypto'
import { tlsAnswerOf, enoughOfAnswer } from '../../suites/facts/tls-records.ts'
import { rangesOf } from '../../suites/facts/port-ranges.ts'
import { ownService } from '../../suites/facts/own-services.ts'
import { serviceProtocol } from '../../suites/facts/service-protocol.ts'
import { SUITES } from '../../suites/facts/tls-suites.ts'
import type { Seen } from '../../suites/observation.ts'
import { kind, type Services, type ServiceSeen } from '../../suites/observations/services.ts'
import { kind as tcpPorts, portsOpen, type TcpPorts } from '../../suites/observations/tcp-ports.ts'
import { addressesOf, endpointOf } from '../../suites/subject.ts'
import { sleep } from '../bench.ts'
import { offerOfTls } from '../instruments/ftp.ts'
import { forEachOf, hearGreeting } from '../instruments/greeting.ts'
import { openLine } from '../instruments/line.ts'
import { askReasoned, askSilent } from '../instruments/own-questions.ts'
import { clientHello } from '../instruments/tls-hello.ts'
import { defineProbe, type Bench, type Endpoint } from '../probe.ts'

const MOST_PORTS = 128
const MOST_BYTES = 2048
const PATIENCE_MS = 3000
const AWAY_MS = 5000
/** Two tries of a resolver, five seconds each (resolv.conf(5)), and the answer. */
const LATE_GREETING_MS = 11_000

/** Asks each open port, one question after another, until it has said what it is. */
export const probe = defineProbe<Services>({
  id: 'services',
  version: '1.2.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 0,
  states: ['factory-fresh', 'in-service'],
  seconds: (statement) => addressesOf(statement).length * (statement.services.length + 3) * 2,
  async run(bench, subject): Promise<Seen<Services>> {
    const { family } = endpointOf(subject)
    const to = bench.endpoint(family, 1, false)
    const ports = bench.seen(tcpPorts).find((o) => o.subject === subject)?.value
    const unanswered = (key: string): Seen<Services> => ({
      answered: false,
      cause: 'lab',
      why: { code: `services.${key}`, values: { subject } },
      artifacts: [],
    })
    if (!to) return unanswered('no-address')
    if (!ports) return unanswered('ports-unknown')
    const open = portsOpen(ports)
    const services: ServiceSeen[] = []
    await forEachOf(open.slice(0, MOST_PORTS), Math.min(2, bench.budgets.connections), async (port) => {
      if (bench.signal.aborted) return
      bench.progress({ code: 'services.asking', values: { subject, port } })
      services.push(await askPort(bench, { ...to, port }, heardBefore(ports, port)))
    })
    if (bench.signal.aborted) return unanswered('cancelled')
    services.sort((a, b) => a.port - b.port)
    const value: Services = {
      address: to.address,
      family,
      sourceAddress: ports.sourceAddress,
      services,
      unasked: rangesOf(open.slice(MOST_PORTS)),
    }
    return { answered: true, value, controls: [], artifacts: [] }
  },
})

/** Asks one port until it has said what it is; `heard`: what it sent unasked before, null where nobody listened. */
export async function askPort(bench: Bench, to: Endpoint, heard: string | null): Promise<ServiceSeen> {
  const asked = await askReasoned(bench, to, await askService(bench, to, heard))
  const known = await askedAgain(bench, to, asked)
  const { closedAfter: last, ...told } = await askedForSum(bench, to, await askedForTls(bench, to, known))
  const closedAfter = asked.closedAfter ?? last
  return closedAfter !== undefined && (await isClosedForGood(bench, to)) ? { ...told, closedAfter } : told
}

/** One request has ended real servers for good; one that is only away for a moment comes back. */
async function isClosedForGood(bench: Bench, to: Endpoint): Promise<boolean> {
  if (!(await sleep(AWAY_MS, bench.signal))) return false
  const opened = await openLine(bench, { ...to, tls: false }, { milliseconds: PATIENCE_MS })
  if ('failure' in opened) return opened.failure.code === 'refused'
  opened.line.close()
  return false
}

/**
 * A port that nothing is known of: one that looks up the caller's name first greets late where no name server answers; one
 * that is away for a moment is asked once more.
 */
async function askedAgain(bench: Bench, to: Endpoint, seen: ServiceSeen): Promise<ServiceSeen> {
  if (isKnown(seen) || seen.greeting !== '') return seen
  const opened = await openLine(bench, to, { milliseconds: PATIENCE_MS })
  if ('failure' in opened) return (await sleep(AWAY_MS, bench.signal)) ? askService(bench, to, null) : seen
  opened.line.close()
  // What it may speak is asked while it is listened to: the wait is long enough for both.
  const [late, own] = await Promise.all([hearGreeting(bench, to, LATE_GREETING_MS), askSilent(bench, to, seen)])
  return askReasoned(bench, to, { ...own, greeting: Buffer.from(late).toString('base64') })
}

const isKnown = (seen: ServiceSeen): boolean =>
  seen.tls || serviceProtocol(seen) !== 'unknown' || ownService(seen) !== null

/** FTP may have TLS within (RFC 4217 section 4). */
async function askedForTls(bench: Bench, to: Endpoint, seen: ServiceSeen): Promise<ServiceSeen> {
  if (serviceProtocol(seen) !== 'ftp') return seen
  const authTls = Buffer.from(await offerOfTls(bench, to)).toString('base64')
  return { ...seen, asked: [...seen.asked, 'auth-tls'], authTls }
}

/** A shell that somebody put on a port prints no prompt, and answers nothing but commands. */
async function askedForSum(bench: Bench, to: Endpoint, seen: ServiceSeen): Promise<ServiceSeen> {
  // A terminal that shows what is typed could look like an echo.
  if (isKnown(seen) && ownService(seen)?.service !== 'echo') return seen
  const factors: [number, number] = [randomInt(301, 999), randomInt(301, 999)]
  const product = String(factors[0] * factors[1])
  const command = Buffer.from(`\r\necho $((${factors.join('*')}))\r\n`, 'latin1')
  const answer = await question(bench, to, command, (b) =>
    Buffer.from(b).toString('latin1').includes(product) ? b.length : null,
  )
  const said = answer === 'refused' ? new Uint8Array() : answer
  const sum = { factors, answer: Buffer.from(bench.redact(said)).toString('base64') }
  return { ...seen, asked: [...seen.asked, 'sum'], sum }
}

/** What the port sent unasked during the sweeps; null where it was not listened to. */
function heardBefore({ sweeps }: TcpPorts, port: number): string | null {
  const heard = sweeps.flatMap((s) =>
    s.open.filter((o) => o.port === port && o.greeting !== null).map((o) => o.greeting ?? ''),
  )
  return heard.find((g) => g !== '') ?? heard[0] ?? null
}

async function askService(bench: Bench, to: Endpoint, heard: string | null): Promise<ServiceSeen> {
  const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  const seen: ServiceSeen = {
    port: to.port,
    asked: ['greeting'],
    greeting: '',
    tlsAnswer: '',
    tls: false,
    httpAnswer: '',
    rtspAnswer: '',
    mqttAnswer: '',
  }
  seen.greeting = heard ?? encode(await hearGreeting(bench, to, 1500))
  if (seen.greeting !== '') return seen
  const ask = async (what: ServiceSeen['asked'][number], at: Endpoint, bytes: Uint8Array, enough: Enough) => {
    const before = seen.asked.at(-1)
    seen.asked.push(what)
    const answer = await question(bench, at, bytes, enough)
    if (answer === 'refused' && before !== undefined) seen.closedAfter ??= before
    return answer === 'refused' ? new Uint8Array() : answer
  }
  const tlsAnswer = await ask('tls', to, anyHello(), enoughOfAnswer)
  seen.tlsAnswer = encode(tlsAnswer)
  seen.tls = ['hello', 'alert'].includes(tlsAnswerOf(tlsAnswer).is)
  const through: Endpoint = { ...to, tls: seen.tls }
  const host = to.family === 'ipv6' ? `[${to.address}]` : to.address
  const get = `GET / HTTP/1.1\r\nHost: ${host}:${to.port}\r\nConnection: close\r\n\r\n`
  seen.httpAnswer = encode(bench.redact(await ask('http', through, Buffer.from(get, 'latin1'), headOf)))
  // RTSP servers that tunnel through HTTP answer HTTP to HTTP: an HTTP answer alone does not settle it.
  const options = `OPTIONS rtsp://${host}:${to.port}/ RTSP/1.0\r\nCSeq: 1\r\n\r\n`
  seen.rtspAnswer = encode(bench.redact(await ask('rtsp', through, Buffer.from(options, 'latin1'), headOf)))
  if (seen.httpAnswer !== '' || seen.rtspAnswer !== '') return seen
  seen.mqttAnswer = encode(
    bench.redact(await ask('mqtt', through, mqttConnect(), (b) => (b.length >= 4 ? Math.min(b.length, 64) : null))),
  )
  return seen
}

type Enough = (bytes: Uint8Array) => number | null

async function question(
  bench: Bench,
  to: Endpoint,
  bytes: Uint8Array,
  enough: Enough,
): Promise<Uint8Array | 'refused'> {
  const opened = await openLine(bench, to, { milliseconds: PATIENCE_MS })
  if ('failure' in opened) return opened.failure.code === 'refused' ? 'refused' : new Uint8Array()
  opened.line.write(bytes)
  const answer = await opened.line.read(enough, { milliseconds: PATIENCE_MS, maxBytes: MOST_BYTES })
  opened.line.close()
  return answer.bytes
}

/** Up to the end of the head, LF alone accepted (RFC 9112 section 2.2), and what already followed it. */
function headOf(bytes: Uint8Array): number | null {
  if (bytes.length >= MOST_BYTES) return MOST_BYTES
  return /\r?\n\r?\n/.test(Buffer.from(bytes).toString('latin1')) ? bytes.length : null
}

/** A hello that every version from SSL 3.0 to TLS 1.3 can answer. */
const anyHello = (): Uint8Array =>
  clientHello({ versions: ['tls1.3', 'tls1.2', 'tls1.1', 'tls1.0'], suites: SUITES.map((s) => s.id), serverName: null })

/** MQTT 3.1.1 section 3.1: CONNECT with a clean session and an empty client identifier. */
const mqttConnect = (): Uint8Array => Uint8Array.from([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 0])
