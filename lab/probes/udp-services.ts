import { udpRowsFor, type UdpRow } from '../../suites/facts/udp-catalogue.ts'
import type { Seen } from '../../suites/observation.ts'
import { kind, type UdpAsk, type UdpAsked, type UdpServices } from '../../suites/observations/udp-services.ts'
import { addressesOf, endpointOf } from '../../suites/subject.ts'
import { sleep } from '../bench.ts'
import { payloadOf } from '../instruments/udp-payloads.ts'
import { askUdp, interfaceOf, type UdpQuestion } from '../instruments/udp.ts'
import { isAlive } from '../liveness.ts'
import { defineProbe, type Bench } from '../probe.ts'

/** The slowest legal answer, SSDP's after MX 1 s, with the way there and back. */
const PATIENCE_MS = 1500
/** From the last question of a group to the look after the device. */
const SETTLE_MS = 150
/** Above the ports that systems give to clients, and nobody's service. */
const CONTROL_PORT = 61997
/** Linux sends about one ICMP port unreachable a second after a first few. */
const CONTROL_MS = 1200
const CONTROL_TRIES = 4
/** Protocols whose answers come from a port of their own (RFC 1350 section 4). */
const ANSWERS_FROM_ELSEWHERE = new Set(['tftp-read'])

/** One row with what can be sent to ask it. */
interface Asking {
  row: UdpRow
  asked: UdpAsked
  question: UdpQuestion
}

/** Asks some forty UDP services, each in its own protocol, and looks after the device between groups of them. */
export const probe = defineProbe<UdpServices>({
  id: 'udp-services',
  version: '1.0.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 0,
  states: ['factory-fresh', 'in-service'],
  sideBySide: true,
  seconds: (statement) => addressesOf(statement).length * 10,
  async run(bench, subject): Promise<Seen<UdpServices>> {
    const { family } = endpointOf(subject)
    const address = bench.endpoint(family, 1, false)?.address
    const source = bench.sources(family)[0]
    const unanswered = (key: string, values: Record<string, string> = {}): Seen<UdpServices> => ({
      answered: false,
      cause: 'lab',
      why: { code: `udp-services.${key}`, values: { subject, ...values } },
      artifacts: [],
    })
    if (address === undefined || source === undefined) return unanswered('no-address')
    const link = interfaceOf(source)?.loopback === true ? 'loopback' : 'network'
    const askings: Asking[] = []
    for (const row of udpRowsFor(bench.catalogue('udp-services'), family)) {
      const group = row.to?.[family] ?? null
      if (group !== null && link === 'loopback') continue
      const bytes = payloadOf(row.payload, { family, address, port: row.port, tls: false, source })
      if (bytes === null) return unanswered('no-payload', { payload: row.payload })
      const to = group ?? address
      const question = { family, device: address, source, to, port: row.port, bytes, connected: group === null }
      const { id, port, payload } = row
      askings.push({ row, question, asked: { id, port, payload, to, sent: encode(bytes), asks: [] } })
    }
    const control: UdpQuestion = {
      family,
      device: address,
      source,
      to: address,
      port: CONTROL_PORT,
      bytes: Buffer.from('camseal'),
      connected: true,
    }
    const before = await controlled(bench, control)
    const liveness = await firstRound(bench, subject, family, askings)
    await Promise.all(askings.filter((a) => !hasEnded(a.asked)).map((a) => askAgain(bench, a)))
    await Promise.all(askings.filter(({ asked }) => hasAnswered(asked)).map((a) => askAgain(bench, a)))
    const after = await controlled(bench, control)
    if (bench.signal.aborted) return unanswered('cancelled')
    const baseline = bench.baseline(family)
    const value: UdpServices = {
      address,
      family,
      sourceAddress: source,
      link,
      baseline: baseline && { at: baseline.at, ports: [...(baseline.udpPorts ?? [])] },
      rows: askings.map((a) => a.asked),
      control: { port: CONTROL_PORT, before, after },
      liveness,
    }
    return { answered: true, value, controls: [], artifacts: [] }
  },
})

/** Every question once, group by group; answers are waited for while the next groups are asked. */
async function firstRound(
  bench: Bench,
  subject: string,
  family: 'ipv4' | 'ipv6',
  askings: readonly Asking[],
): Promise<UdpServices['liveness']> {
  const pending: Promise<void>[] = []
  const liveness: UdpServices['liveness'] = []
  const declared = bench.statement.services.some((s) => s.transport === 'tcp' && s.families.includes(family))
  for (const group of new Set(askings.map((a) => a.row.group))) {
    if (bench.signal.aborted) break
    bench.progress({ code: 'udp-services.asking', values: { subject, group } })
    for (const { asked, question, row } of askings.filter((a) => a.row.group === group)) {
      const connected = question.connected && !ANSWERS_FROM_ELSEWHERE.has(row.payload)
      pending.push(askUdp(bench, { ...question, connected }, PATIENCE_MS).then((ask) => void asked.asks.push(ask)))
    }
    await sleep(SETTLE_MS, bench.signal)
    const alive = declared ? await isAlive(bench, { family, port: null }) : null
    liveness.push({ after: group, at: bench.now(), alive })
  }
  await Promise.all(pending)
  return liveness
}

async function askAgain(bench: Bench, { asked, question }: Asking): Promise<void> {
  const elsewhere = ANSWERS_FROM_ELSEWHERE.has(asked.payload) && hasAnswered(asked)
  asked.asks.push(await askUdp(bench, { ...question, connected: question.connected && !elsewhere }, PATIENCE_MS))
}

/** Asks the unused port until something is said, at most some times. */
async function controlled(bench: Bench, question: UdpQuestion): Promise<UdpAsk> {
  let ask = await askUdp(bench, question, CONTROL_MS)
  for (let tries = 1; tries < CONTROL_TRIES && ask.outcome === 'silent' && !bench.signal.aborted; tries++)
    ask = await askUdp(bench, question, CONTROL_MS)
  return ask
}

const hasAnswered = ({ asks }: UdpAsked): boolean => asks.some((a) => a.outcome === 'answered')
const hasEnded = ({ asks }: UdpAsked): boolean => asks.some((a) => a.outcome === 'answered' || a.outcome === 'refused')
const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
