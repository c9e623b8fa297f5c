import {
  defineCriterion,
  evidence,
  gap,
  suspicion,
  violation,
  type Applies,
  type Finding,
  type JudgeContext,
} from '../criterion.ts'
import { fromBase64, latin1 } from '../facts/bytes.ts'
import { holds } from '../facts/port-ranges.ts'
import { serviceProtocol } from '../facts/service-protocol.ts'
import { kind as services, type ServiceSeen } from '../observations/services.ts'
import { kind as tcpPorts, type TcpPorts } from '../observations/tcp-ports.ts'
import { obj, type Static } from '../schema.ts'
import type { Service, Statement } from '../statement.ts'

const parameters = obj({})
type Context = JudgeContext<Static<typeof parameters>>

/**
 * What is declared is there and speaks what is declared (EN 303 645 provision 5.6-1 against the IXIT; rule 6). Refused in
 * both sweeps beside canaries that answered: the declaration is wrong. No answer may be a filter. A declared condition
 * excuses an absence. One that was there until it was asked what it is has died, or shuts the lab out.
 */
export const criterion = defineCriterion({
  id: 'exposed-ports/declared-services-present',
  version: '1.1.0',
  area: 'exposed-ports',
  over: tcpPorts,
  also: [services],
  states: ['in-service'],
  parameters,
  catalogues: [],
  applies: (statement): Applies =>
    statement.services.some((s) => s.transport === 'tcp')
      ? { answer: 'yes' }
      : { answer: 'no', why: { code: 'no-tcp-declared', values: {} } },
  judge({ value }, context) {
    const declared = declaredFor(context.statement, value)
    if (declared.length === 0) return [evidence('none-declared', { family: value.family }, [context.cite('/sweeps')])]
    return declared.map((service) => presence(service, value, context))
  },
})

const declaredFor = ({ services }: Statement, { family }: TcpPorts): Service[] =>
  services.filter((s) => s.transport === 'tcp' && s.families.includes(family)).sort((a, b) => a.port - b.port)

function presence(service: Service, value: TcpPorts, context: Context): Finding {
  const { cite } = context
  const { port } = service
  const values = { port, family: value.family, service: service.id, protocol: service.protocol }
  if (value.baseline?.ports.includes(port) === true) return gap('in-baseline', values, [cite('/baseline')])
  const open = value.sweeps.flatMap((s, i) =>
    s.open.flatMap((o, j) => (o.port === port ? [`/sweeps/${i}/open/${j}`] : [])),
  )
  if (open.length > 0) return spoken(service, open, values, context)
  const refused = value.sweeps.map((s) => s.canary.port !== null && holds(s.refused, port))
  const cites = value.sweeps.map((_, i) => cite(`/sweeps/${i}/refused`))
  if (service.when !== undefined) return evidence('absent-as-declared', { ...values, when: service.when }, cites)
  if (value.sweeps.some((s) => holds(s.voided, port))) return gap('voided', values, [cite('/sweeps')])
  if (refused.length > 1 && refused.every((r) => r)) return violation('not-there', values, cites)
  return suspicion(
    'no-answer',
    values,
    value.sweeps.map((_, i) => cite(`/sweeps/${i}/silent`)),
  )
}

/** Whether an open port speaks the declared protocol, as far as it is one that can be told. */
function spoken(
  service: Service,
  open: string[],
  values: Record<string, string | number>,
  { subject, others, cite }: Context,
): Finding {
  const rows = others(services).find((o) => o.subject === subject)
  const at = rows?.seen.answered ? rows.seen.value.services.findIndex((s) => s.port === service.port) : -1
  const row = rows?.seen.answered ? rows.seen.value.services[at] : undefined
  const cites = [...open.map(cite), ...(rows && row ? [rows.cite(`/services/${at}`)] : [])]
  if (row) {
    const speaks = row.tls ? `${serviceProtocol(row)} (TLS)` : serviceProtocol(row)
    if (isOther(row, service.protocol)) return violation('speaks-other', { ...values, speaks }, cites)
    const question = row.closedAfter
    if (question !== undefined && service.when === undefined)
      return suspicion('closed-after', { ...values, question }, cites)
  }
  return evidence('there', values, cites)
}

const TELLING = new Set(['http', 'rtsp', 'ssh', 'telnet', 'ftp', 'mqtt'])

/** What is recognised and is not what is declared. A port that answers several protocols is any of them. */
function isOther(row: ServiceSeen, declared: Service['protocol']): boolean {
  const bare = declared.replace(/^(http|rtsp|mqtt)s$/, '$1')
  const seen = serviceProtocol(row)
  if (!TELLING.has(bare) || seen === 'unknown') return false
  const within = bare !== declared
  if (within !== row.tls && (bare === 'http' || bare === 'rtsp' || bare === 'mqtt')) return true
  const begins = (text: string, word: string) => latin1(fromBase64(text).subarray(0, word.length)) === word
  return seen !== bare && !(bare === 'http' && begins(row.httpAnswer, 'HTTP/'))
}
