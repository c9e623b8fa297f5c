import {
  always,
  defineCriterion,
  evidence,
  gap,
  suspicion,
  violation,
  type Cite,
  type Finding,
  type JudgeContext,
} from '../criterion.ts'
import { fromBase64 } from '../facts/bytes.ts'
import { holds } from '../facts/port-ranges.ts'
import { isAnswerTo } from '../facts/udp-answer.ts'
import { udpRowsFor } from '../facts/udp-catalogue.ts'
import { kind, pathShown, type UdpAsked, type UdpServices } from '../observations/udp-services.ts'
import { obj, type Static } from '../schema.ts'

const parameters = obj({})
type Context = JudgeContext<Static<typeof parameters>>

/**
 * Only declared UDP services answer (EN 303 645 provision 5.6-1). A port that answered twice without being declared is a
 * violation, once a suspicion. Silence is neither open nor closed: it speaks for a pass only where datagrams were shown
 * to arrive and answers to return, before and after.
 */
export const criterion = defineCriterion({
  id: 'exposed-ports/undeclared-udp-services',
  version: '1.0.0',
  area: 'exposed-ports',
  over: kind,
  also: [],
  states: ['factory-fresh', 'in-service'],
  parameters,
  catalogues: ['udp-services'],
  applies: always,
  judge: ({ value }, context) => [
    ...portsAnswering(value, context),
    ...declaredSilent(value, context),
    ...notAsked(value, context),
    ...deaths(value, context),
    ...path(value, context),
  ],
})

/** Answers of the network that say nothing against the lab: the port or the device cannot be reached that way. */
const NOT_OPEN = new Set(['EHOSTUNREACH', 'EACCES', 'EHOSTDOWN'])

const answersOf = (row: UdpAsked): number => row.asks.filter((a) => a.outcome === 'answered').length
/** A datagram to a group may be the device's own announcement or question: it counts where it is an answer. */
const isGenuine = (row: UdpAsked, address: string): boolean => row.to === address || isSpoken(row)
const isSpoken = (row: UdpAsked): boolean =>
  row.asks.some((a) => a.replies.some((r) => isAnswerTo(row.payload, fromBase64(r.bytes))))

/** The ports that answered, each once, with everything that speaks of it. */
export function answering(value: UdpServices): { port: number; rows: number[]; times: number; spoken: boolean }[] {
  const ports = new Map<number, { port: number; rows: number[]; times: number; spoken: boolean }>()
  value.rows.forEach((row, i) => {
    if (answersOf(row) === 0 || !isGenuine(row, value.address)) return
    const found = ports.get(row.port) ?? { port: row.port, rows: [], times: 0, spoken: false }
    found.rows.push(i)
    found.times += answersOf(row)
    found.spoken ||= isSpoken(row)
    ports.set(row.port, found)
  })
  return [...ports.values()].sort((a, b) => a.port - b.port)
}

function portsAnswering(value: UdpServices, { statement, cite }: Context): Finding[] {
  const declared = declaredPorts(value, statement)
  const clients = (statement.clientPorts ?? []).filter((c) => c.transport === 'udp').map((c) => [c.first, c.last])
  return answering(value).map(({ port, rows, times, spoken }) => {
    const cites = rows.map((i) => cite(`/rows/${i}`))
    const asked = [...new Set(rows.map((i) => value.rows[i]?.payload ?? ''))].join(', ')
    const values = { port, family: value.family, asked }
    if (declared.has(port)) return evidence('declared-answers', values, cites)
    if (value.baseline?.ports.includes(port) === true) return gap('in-baseline', values, [...cites, cite('/baseline')])
    // What answers a question in its own protocol is a service, wherever it listens.
    if (holds(clients, port) && !spoken) return suspicion('client-port-answers', values, cites)
    return times > 1 ? violation('undeclared-answers', values, cites) : suspicion('undeclared-once', values, cites)
  })
}

const declaredPorts = ({ family }: UdpServices, statement: Context['statement']): Set<number> =>
  new Set(statement.services.filter((s) => s.transport === 'udp' && s.families.includes(family)).map((s) => s.port))

/** Declared services that said nothing: no fault, since many answer only to what they were made for. */
function declaredSilent(value: UdpServices, { statement, cite }: Context): Finding[] {
  const answered = new Set(answering(value).map((a) => a.port))
  return [...declaredPorts(value, statement)]
    .filter((port) => !answered.has(port))
    .sort((a, b) => a - b)
    .map((port) => {
      const rows = value.rows.flatMap((r, i) => (r.port === port ? [i] : []))
      const refused = rows.some((i) => value.rows[i]?.asks.some((a) => a.outcome === 'refused'))
      const code = rows.length === 0 ? 'declared-not-asked' : refused ? 'declared-refused' : 'declared-silent'
      return evidence(
        code,
        { port, family: value.family },
        rows.length > 0 ? rows.map((i) => cite(`/rows/${i}`)) : [cite('/rows')],
      )
    })
}

/** Every question of the catalogue must have been put, but for multicast where there is no link. */
function notAsked(value: UdpServices, { catalogue, cite }: Context): Finding[] {
  const put = new Set(value.rows.filter((r) => r.asks.length > 0).map((r) => r.id))
  const wanted = udpRowsFor(catalogue('udp-services'), value.family).filter(
    (r) => value.link === 'network' || r.to === null,
  )
  const missing = wanted.filter((r) => !put.has(r.id)).map((r) => r.id)
  const faulty = value.rows.flatMap((row, i): [UdpAsked, number, string][] => {
    const codes = row.asks.map((a) => (a.outcome === 'error' && !NOT_OPEN.has(a.code ?? '') ? a.code : null))
    return codes.length > 0 && codes.every((c) => c !== null) ? [[row, i, codes[0] ?? '']] : []
  })
  return [
    ...(missing.length > 0 ? [gap('not-asked', { rows: missing.join(', ') }, [cite('/rows')])] : []),
    ...faulty.map(([row, i, code]) => gap('lab-error', { row: row.id, code }, [cite(`/rows/${i}/asks`)])),
  ]
}

/** A device or a service of it that stops answering after a question: one datagram has ended real servers for good. */
function deaths(value: UdpServices, { cite }: Context): Finding[] {
  const gone = value.liveness.flatMap((l, i) => (l.alive === false ? [{ after: l.after, i }] : []))
  const refusing = value.rows.flatMap((row, i): Finding[] => {
    const last = row.asks.at(-1)
    const before = row.asks.slice(0, -1).some((a) => a.outcome === 'answered')
    return before && last?.outcome === 'refused'
      ? [suspicion('service-died', { port: row.port, row: row.id }, [cite(`/rows/${i}/asks`)])]
      : []
  })
  const [first] = gone
  return [
    ...(first
      ? [
          suspicion(
            'device-died',
            { group: first.after },
            gone.map((g): Cite => cite(`/liveness/${g.i}`)),
          ),
        ]
      : []),
    ...refusing,
  ]
}

function path(value: UdpServices, { cite }: Context): Finding[] {
  const shown = pathShown(value)
  const cites = [cite('/control/before'), cite('/control/after')]
  if (!shown.before || !shown.after) return [gap(shown.before ? 'path-lost' : 'path-not-shown', {}, cites)]
  const answered = value.rows.filter((r) => answersOf(r) > 0).length
  const refused = value.rows.filter((r) => answersOf(r) === 0 && r.asks.some((a) => a.outcome === 'refused')).length
  const values = { asked: value.rows.length, answered, refused, silent: value.rows.length - answered - refused }
  const findings = [evidence('asked', values, [...cites, cite('/rows')])]
  return value.link === 'loopback' ? [...findings, evidence('no-link', {}, [cite('/link')])] : findings
}
