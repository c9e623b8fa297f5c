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
import { ALL_PORTS, holds, portsIn, rangesText } from '../facts/port-ranges.ts'
import { ownService } from '../facts/own-services.ts'
import { serviceProtocol } from '../facts/service-protocol.ts'
import { kind as laterTcpPorts, type LaterTcpPorts } from '../observations/later-tcp-ports.ts'
import { kind as services, type ServiceSeen } from '../observations/services.ts'
import { kind as tcpPorts, portsOpen, type Sweep, type TcpPorts } from '../observations/tcp-ports.ts'
import { bool, obj, opt, type Static } from '../schema.ts'
import type { Service } from '../statement.ts'

const parameters = obj({
  /** In service a declared service that does not answer is suspect; yes where nothing is said. */
  declaredMustAnswer: opt(bool()),
})
type Context = JudgeContext<Static<typeof parameters>>

/** Answers of the network that no connection is possible: not open, and no fault of the lab. */
const NOT_OPEN = new Set(['EHOSTUNREACH', 'ECONNRESET', 'ECONNABORTED', 'EHOSTDOWN'])

/**
 * Only declared TCP services accept connections (EN 303 645 provision 5.6-1), compared both ways, also when all else was
 * done with the device in service. An undeclared port counts when it was open twice; "no answer" is not open, but a sweep
 * counts only where its canaries answered.
 */
export const criterion = defineCriterion({
  id: 'exposed-ports/undeclared-tcp-ports',
  version: '1.1.0',
  area: 'exposed-ports',
  over: tcpPorts,
  also: [services, laterTcpPorts],
  states: ['factory-fresh', 'in-service'],
  parameters,
  catalogues: [],
  applies: always,
  judge({ value }, context) {
    const declared = context.statement.services.filter(
      (s) => s.transport === 'tcp' && s.families.includes(value.family),
    )
    return [
      ...undeclaredOpen(value, new Set(declared.map((s) => s.port)), laterOf(context), context),
      ...declaredSilent(
        value,
        declared.filter(isConstant).map((s) => s.port),
        context,
      ),
      ...value.sweeps.flatMap((sweep, i) =>
        sweepFindings(sweep, i + 1, (member) => context.cite(`/sweeps/${i}${member}`)),
      ),
      ...laterFindings(context),
    ]
  },
})

/** Declared to be open at all times. */
const isConstant = ({ when }: Service): boolean => when === undefined

const seenAt = ({ sweeps }: TcpPorts, port: number): string[] =>
  sweeps.flatMap((s, i) => s.open.flatMap((o, j) => (o.port === port ? [`/sweeps/${i}/open/${j}`] : [])))

interface Later {
  value: LaterTcpPorts
  cite(pointer: string): Cite
}

const laterOf = ({ subject, others }: Context): Later | null => {
  const found = others(laterTcpPorts).find((o) => o.subject === subject)
  return found?.seen.answered ? { value: found.seen.value, cite: found.cite } : null
}

/** Where the later sweep found the port open, and where it was still open afterwards. */
const seenLater = ({ sweep, again }: LaterTcpPorts, port: number): string[] => [
  ...sweep.open.flatMap((o, j) => (o.port === port ? [`/sweep/open/${j}`] : [])),
  ...again.flatMap((a, j) => (a.port === port && a.open ? [`/again/${j}`] : [])),
]

function undeclaredOpen(
  value: TcpPorts,
  declared: ReadonlySet<number>,
  later: Later | null,
  { statement, subject, cite, others }: Context,
): Finding[] {
  const clients = (statement.clientPorts ?? []).filter((c) => c.transport === 'tcp').map((c) => [c.first, c.last])
  const rows = others(services).find((o) => o.subject === subject)
  const before = new Set([...(value.baseline?.ports ?? []), ...(later?.value.baseline?.ports ?? [])])
  const found = new Set([...portsOpen(value), ...(later?.value.sweep.open.map((o) => o.port) ?? [])])
  return [...found]
    .filter((port) => !before.has(port) && !declared.has(port) && !holds(clients, port))
    .sort((a, b) => a - b)
    .map((port) => {
      const told = [
        ...(rows?.seen.answered ? spokenBy(rows.seen.value.services, port, rows.cite) : []),
        ...(later ? spokenBy(later.value.services, port, later.cite) : []),
      ]
      const first = seenAt(value, port)
      const last = later ? seenLater(later.value, port).map(later.cite) : []
      const cites = [...first.map(cite), ...last, ...told.map((t) => t.cite)]
      const values = { port, family: value.family, protocol: told[0]?.protocol ?? 'unknown' }
      if (first.length + last.length < 2) return suspicion('undeclared-once', values, cites)
      return violation(first.length > 0 ? 'undeclared-open' : 'undeclared-later', values, cites)
    })
}

const spokenBy = (
  list: readonly ServiceSeen[],
  port: number,
  cite: (pointer: string) => Cite,
): { protocol: string; cite: Cite }[] =>
  list.flatMap((s, i) => (s.port === port ? [{ protocol: nameOf(s), cite: cite(`/services/${i}`) }] : []))

const nameOf = (row: ServiceSeen): string => {
  const protocol = serviceProtocol(row)
  return protocol === 'unknown' ? (ownService(row)?.service ?? protocol) : protocol
}

/** What the sweep at the end of service says of itself; there is none before the first set-up. */
function laterFindings(context: Context): Finding[] {
  if (context.state !== 'in-service') return []
  const later = laterOf(context)
  if (!later) return [gap('later-not-swept', {}, [])]
  return sweepFindings(later.value.sweep, 3, (member) => later.cite(`/sweep${member}`))
}

function declaredSilent(value: TcpPorts, declared: readonly number[], { state, parameters, cite }: Context): Finding[] {
  const before = new Set(value.baseline?.ports ?? [])
  return [...new Set(declared)]
    .sort((a, b) => a - b)
    .flatMap((port): Finding[] => {
      if (before.has(port)) return [gap('declared-in-baseline', { port, family: value.family }, [cite('/baseline')])]
      const seen = seenAt(value, port)
      if (seen.length > 0) return [evidence('declared-seen', { port, family: value.family }, seen.map(cite))]
      // Before the first set-up a service may still be closed.
      if (parameters.declaredMustAnswer === false || state !== 'in-service') return []
      return [
        suspicion('declared-not-seen', { port, family: value.family }, [
          cite('/sweeps/0/open'),
          cite('/sweeps/1/open'),
        ]),
      ]
    })
}

function sweepFindings(sweep: Sweep, number: number, cite: (member: string) => Cite): Finding[] {
  const at = (member: string) => cite(`/${member}`)
  const findings: Finding[] = []
  const faults = sweep.errors.filter((e) => !NOT_OPEN.has(e.code))
  const errors = sweep.errors.map((e) => [e.from, e.to])
  const told =
    sweep.open.length + portsIn(sweep.refused) + portsIn(sweep.silent) + portsIn(sweep.voided) + portsIn(errors)
  if (sweep.canary.port === null) findings.push(gap('no-control', { sweep: number }, [at('canary')]))
  if (sweep.voided.length > 0)
    findings.push(
      gap('voided', { sweep: number, count: portsIn(sweep.voided), ports: rangesText(sweep.voided) }, [at('voided')]),
    )
  for (const { from, to, code } of faults.slice(0, 4))
    findings.push(gap('lab-error', { sweep: number, ports: rangesText([[from, to]]), code }, [at('errors')]))
  if (told !== ALL_PORTS) findings.push(gap('incomplete', { sweep: number, told, all: ALL_PORTS }, [cite('')]))
  if (findings.length > 0 || sweep.canary.port === null) return findings
  const values = {
    sweep: number,
    open: sweep.open.length,
    refused: portsIn(sweep.refused),
    silent: portsIn(sweep.silent),
    canary: sweep.canary.port,
    asked: sweep.canary.asked,
  }
  return [evidence('swept', values, [at('canary'), at('open'), at('refused'), at('silent')])]
}
