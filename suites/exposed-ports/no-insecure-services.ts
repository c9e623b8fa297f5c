import {
  always,
  defineCriterion,
  evidence,
  gap,
  suspicion,
  violation,
  type Finding,
  type JudgeContext,
} from '../criterion.ts'
import { fromBase64 } from '../facts/bytes.ts'
import {
  insecureCatalogue,
  insecureService,
  type Insecure,
  type InsecureCatalogue,
} from '../facts/insecure-services.ts'
import { ownService } from '../facts/own-services.ts'
import { portsIn, rangesText } from '../facts/port-ranges.ts'
import { serviceProtocol } from '../facts/service-protocol.ts'
import { isAnswerTo, snmpOf } from '../facts/udp-answer.ts'
import { kind as services, type Services } from '../observations/services.ts'
import { kind as udpServices, pathShown, type UdpAsked, type UdpServices } from '../observations/udp-services.ts'
import { obj, type Static } from '../schema.ts'

const parameters = obj({})
type Context = JudgeContext<Static<typeof parameters>>

/**
 * No service that is insecure by its nature is offered, declared or not (EN 303 645 provision 5.6-1, 5.5-1): told by what
 * a port says, never by its number. What says nothing known is no pass, since it could be one of them.
 */
export const criterion = defineCriterion({
  id: 'exposed-ports/no-insecure-services',
  version: '1.0.0',
  area: 'exposed-ports',
  over: services,
  also: [udpServices],
  states: ['factory-fresh', 'in-service'],
  parameters,
  catalogues: ['insecure-services'],
  applies: always,
  judge({ value }, context) {
    const catalogue = insecureCatalogue(context.catalogue('insecure-services'))
    return [...tcpFindings(value, catalogue, context), ...udpFindings(catalogue, context)]
  },
})

function tcpFindings(value: Services, catalogue: InsecureCatalogue, { cite }: Context): Finding[] {
  const findings = value.services.map((row, i): Finding => {
    const cites = [cite(`/services/${i}`)]
    const values = { port: row.port, family: value.family }
    const insecure = insecureService(row)
    const own = ownService(row)
    const named = own ? { ...values, transport: 'TCP', service: own.service } : values
    if (insecure) return told(insecure, catalogue, named, cites)
    const protocol = serviceProtocol(row)
    if (protocol !== 'unknown') return evidence('speaks', { ...values, protocol }, cites)
    if (row.tls) return evidence('within-tls', values, cites)
    if (own) return gap('unexamined', named, cites)
    const known = catalogue.quiet.get(row.port)
    if (known !== undefined) return suspicion('quiet', { ...values, known }, cites)
    return gap('unrecognised', values, cites)
  })
  if (value.unasked.length > 0)
    findings.push(
      gap('unasked', { count: portsIn(value.unasked), ports: rangesText(value.unasked) }, [cite('/unasked')]),
    )
  if (value.services.length === 0) findings.push(gap('nothing-open', { family: value.family }, [cite('/services')]))
  return findings
}

const told = (
  insecure: Insecure,
  { verdicts }: InsecureCatalogue,
  values: Record<string, string | number>,
  cites: Finding['cites'],
): Finding =>
  verdicts.get(insecure) === 'noted'
    ? evidence('noted', { ...values, service: insecure }, cites)
    : violation(insecure, values, cites)

function udpFindings(catalogue: InsecureCatalogue, { subject, others }: Context): Finding[] {
  const observed = others(udpServices).find((o) => o.subject === subject)
  if (!observed?.seen.answered) return [gap('udp-not-observed', {}, [])]
  const { value } = observed.seen
  const found = value.rows.flatMap((row, i): Finding[] => {
    const insecure = insecureUdp(row)
    if (insecure === null) return []
    const values = { port: row.port, family: value.family, ...valuesOf(insecure, row) }
    const cites = [observed.cite(`/rows/${i}`)]
    return value.baseline?.ports.includes(row.port) === true
      ? [gap('udp-in-baseline', values, cites)]
      : [told(insecure, catalogue, values, cites)]
  })
  return [...found, ...udpPath(value, found.length, observed.cite)]
}

/** The questions about insecure services that found none, where the path was shown to work. */
function udpPath(value: UdpServices, found: number, cite: (pointer: string) => Finding['cites'][number]): Finding[] {
  const asked = value.rows.filter((r) => insecureOf(r.payload) !== null)
  const shown = pathShown(value)
  const cites = [cite('/control/before'), cite('/control/after'), cite('/rows')]
  if (asked.length === 0 || asked.some((r) => r.asks.length === 0 || r.asks.every((a) => a.outcome === 'error')))
    return [gap('udp-not-asked', {}, [cite('/rows')])]
  if (!shown.before || !shown.after) return [gap('udp-path-not-shown', {}, cites)]
  return asked.length > found ? [evidence('udp-gives-none', { count: asked.length - found }, cites)] : []
}

/** What the questions of the catalogue look for, by their payload. */
function insecureOf(payload: string): Insecure | null {
  const snmp = /^(snmp-v1|snmp-v2c)-/.exec(payload)?.[1]
  if (snmp === 'snmp-v1' || snmp === 'snmp-v2c') return snmp
  switch (payload) {
    case 'tftp-read':
      return 'tftp'
    case 'rpcbind-null':
      return 'rpcbind'
    case 'memcached-version':
      return 'memcached'
    case 'echo':
    case 'daytime':
    case 'qotd':
    case 'chargen':
    case 'time':
      return 'small-service'
    default:
      return null
  }
}

/** RFC 3416 section 3: authorizationError. */
const NOT_AUTHORISED = 16

/** What a UDP question found; null where nothing of the list answered it. */
function insecureUdp(row: UdpAsked): Insecure | null {
  const answers = row.asks.flatMap((a) => a.replies.map((r) => fromBase64(r.bytes)))
  const genuine = answers.some((a) => isAnswerTo(row.payload, a) && snmpOf(a)?.error !== NOT_AUTHORISED)
  return genuine ? insecureOf(row.payload) : null
}

/** What the reader is told beside port and family. */
function valuesOf(insecure: Insecure, { payload }: UdpAsked): Record<string, string> {
  if (insecure === 'small-service') return { transport: 'UDP', service: payload }
  return insecure.startsWith('snmp') ? { community: payload.split('-').at(-1) ?? '' } : { transport: 'UDP' }
}
