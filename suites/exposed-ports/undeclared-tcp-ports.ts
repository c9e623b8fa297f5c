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
import { ALL_PORTS, holds, portsIn, rangesText } from '../facts/port-ranges.ts'
import { serviceProtocol } from '../facts/service-protocol.ts'
import { kind as services } from '../observations/services.ts'
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
 * Only declared TCP services accept connections (EN 303 645 provision 5.6-1), compared both ways. An undeclared port
 * counts when it was open in two sweeps; "no answer" is not open, but a sweep counts only where its canaries answered.
 */
export const criterion = defineCriterion({
  id: 'exposed-ports/undeclared-tcp-ports',
  version: '1.0.0',
  area: 'exposed-ports',
  over: tcpPorts,
  also: [services],
  states: ['factory-fresh', 'in-service'],
  parameters,
  catalogues: [],
  applies: always,
  judge({ value }, context) {
    const declared = context.statement.services.filter(
      (s) => s.transport === 'tcp' && s.families.includes(value.family),
    )
    return [
      ...undeclaredOpen(value, new Set(declared.map((s) => s.port)), context),
      ...declaredSilent(
        value,
        declared.filter(isConstant).map((s) => s.port),
        context,
      ),
      ...value.sweeps.flatMap((sweep, i) => sweepFindings(sweep, i, context)),
    ]
  },
})

/** Declared to be open at all times. */
const isConstant = ({ when }: Service): boolean => when === undefined

const seenAt = ({ sweeps }: TcpPorts, port: number): string[] =>
  sweeps.flatMap((s, i) => s.open.flatMap((o, j) => (o.port === port ? [`/sweeps/${i}/open/${j}`] : [])))

function undeclaredOpen(
  value: TcpPorts,
  declared: ReadonlySet<number>,
  { statement, subject, cite, others }: Context,
): Finding[] {
  const clients = (statement.clientPorts ?? []).filter((c) => c.transport === 'tcp').map((c) => [c.first, c.last])
  const rows = others(services).find((o) => o.subject === subject)
  return portsOpen(value)
    .filter((port) => !declared.has(port) && !holds(clients, port))
    .map((port) => {
      const at = rows?.seen.answered ? rows.seen.value.services.findIndex((s) => s.port === port) : -1
      const row = rows?.seen.answered ? rows.seen.value.services[at] : undefined
      const pointers = seenAt(value, port)
      const cites = [...pointers.map(cite), ...(rows && row ? [rows.cite(`/services/${at}`)] : [])]
      const values = { port, family: value.family, protocol: row ? serviceProtocol(row) : 'unknown' }
      return pointers.length > 1
        ? violation('undeclared-open', values, cites)
        : suspicion('undeclared-once', values, cites)
    })
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

function sweepFindings(sweep: Sweep, i: number, { cite }: Context): Finding[] {
  const at = (member: string) => cite(`/sweeps/${i}/${member}`)
  const number = i + 1
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
  if (told !== ALL_PORTS)
    findings.push(gap('incomplete', { sweep: number, told, all: ALL_PORTS }, [cite(`/sweeps/${i}`)]))
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
