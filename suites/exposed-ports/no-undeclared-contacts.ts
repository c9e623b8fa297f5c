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
import { lacksOf, secondsOf } from '../facts/capture-sight.ts'
import { isDeclaredName, isSearched, takesContact, withoutDomain } from '../facts/contacts.ts'
import { addressKey } from '../facts/log-words.ts'
import { holds } from '../facts/port-ranges.ts'
import { kind as portMappings } from '../observations/port-mappings.ts'
import { kind, type Contact, type Traffic } from '../observations/traffic.ts'
import { int, obj, opt, type Static } from '../schema.ts'

/** How long the device must have been watched; 30 where nothing is said. */
const parameters = obj({ leastSeconds: opt(int(1, 604_800)) })
type Context = JudgeContext<Static<typeof parameters>>

/**
 * The device begins no conversation that its maker has not declared, and asks for no name of an undeclared peer (EN 303
 * 645 provisions 5.6-1 and 6-5: undeclared mechanisms and telemetry). Only a capture that lost nothing, sees every packet
 * of the device and was shown to work at both ends of its time can say that there was none.
 */
export const criterion = defineCriterion({
  id: 'exposed-ports/no-undeclared-contacts',
  version: '1.2.0',
  area: 'exposed-ports',
  over: kind,
  also: [portMappings],
  states: ['in-service'],
  parameters,
  catalogues: [],
  applies: always,
  judge: ({ value }, context) => [
    ...value.contacts.flatMap((c, i) => byContact(c, value, context, `/contacts/${i}`)),
    ...value.names.map((n, i) => byName(n.name, context, `/names/${i}`)),
    ...sight(value, context),
  ],
})

const DNS = 53
/** The peer may be told to the device by its owner, and was by the lab: what is declared is the port. */
const TRANSPORT = {
  'syslog-udp': 'udp',
  'syslog-tcp': 'tcp',
  'syslog-tls': 'tcp',
  mqtts: 'tcp',
  http: 'tcp',
  https: 'tcp',
  smtps: 'tcp',
  'smtp-starttls': 'tcp',
  ntp: 'udp',
} as const

function byContact(c: Contact, value: Traffic, context: Context, at: string): Finding[] {
  const { statement, cite } = context
  const values = { peer: c.peer, port: c.port, transport: c.transport }
  const cites = [cite(at)]
  const isLab = value.lab.some((a) => addressKey(a) === c.peer)
  const declared = statement.contacts?.find((d) => takesContact(d, c, value.names))
  if (declared) return [evidence('declared-contact', { ...values, contact: declared.id }, cites)]
  if (isLab) {
    const found = byGateway(c, context)
    if (found) return [found(values, cites)]
  }
  const servers = statement.updates.flatMap((u) => (u.online ? [{ ...u.online, id: u.id }] : []))
  const client = [
    ...statement.logging.channels,
    ...(statement.tlsClients ?? []),
    ...(statement.time ?? []),
    ...servers,
  ].find((x) => x.port === c.port && TRANSPORT[x.protocol] === c.transport)
  if (client)
    return isLab
      ? [evidence('declared-client', { ...values, client: client.id }, cites)]
      : [suspicion('client-elsewhere', { ...values, client: client.id }, cites)]
  if (c.port === DNS && c.transport !== 'ip')
    return isLab ? [evidence('resolver', values, cites)] : [suspicion('undeclared-resolver', values, cites)]
  // What was there before the capture may be the lab's own.
  if (c.start === 'unseen') return isLab ? [] : [suspicion('start-unseen', values, cites)]
  if (c.transport === 'udp') {
    const media = (statement.clientPorts ?? []).filter((r) => r.transport === 'udp').map((r) => [r.first, r.last])
    const services = statement.services.filter((s) => s.transport === 'udp').map((s) => [s.port, s.port])
    const comesFrom = (ranges: number[][]) => c.ownPorts.length > 0 && c.ownPorts.every((port) => holds(ranges, port))
    const isAsker = value.askedBy.includes(c.peer)
    if (isAsker && comesFrom(media)) return [evidence('media', values, cites)]
    if (comesFrom(services)) return [suspicion('service-unasked', values, cites)]
    // Media may be what the peer asked for by another conversation.
    if (isAsker) return [suspicion('maybe-asked', values, cites)]
  }
  return statement.contacts === undefined
    ? [suspicion('contacts-not-stated', values, cites)]
    : [violation('undeclared-contact', values, cites)]
}

/**
 * The lab answers as a gateway to the Internet: who asks it was led there, and what was asked is judged elsewhere. Null where
 * it is another port.
 */
function byGateway(
  c: Contact,
  { subject, others }: Context,
): ((values: Record<string, string | number>, cites: Finding['cites']) => Finding) | null {
  const found = others(portMappings).find((o) => o.subject === subject)
  if (!found || (!found.seen.answered && found.seen.why.code === 'framework.not-observed')) return null
  if (!found.seen.answered)
    return c.transport === 'tcp' ? (values, cites) => suspicion('maybe-gateway', values, cites) : null
  const { address, httpPort } = found.seen.value
  const isGateway = address === c.peer && (c.transport === 'tcp' ? c.port === httpPort : GATEWAY_PORTS.includes(c.port))
  return isGateway ? (values, cites) => evidence('gateway', values, [...cites, found.cite('/httpPort')]) : null
}

/** Searches, and NAT-PMP with PCP. */
const GATEWAY_PORTS = [1900, 5351]

function byName(name: string, { statement, cite }: Context, at: string): Finding {
  const cites = [cite(at)]
  const hosts = [
    ...(statement.contacts ?? []).flatMap((c) => c.host ?? []),
    ...(statement.tlsClients ?? []).flatMap((c) => c.serverName ?? []),
  ]
  if (isSearched(name)) return evidence('address-looked-up', { name }, cites)
  if (hosts.some((host) => isDeclaredName(host, name))) return evidence('declared-name', { name }, cites)
  if (statement.contacts === undefined) return suspicion('names-not-stated', { name }, cites)
  // With a search domain of the network behind it, a declared name looks like another.
  const isUnclear = withoutDomain(name) || hosts.some((host) => name.startsWith(`${host.toLowerCase()}.`))
  return isUnclear ? suspicion('local-name', { name }, cites) : violation('undeclared-name', { name }, cites)
}

/** What keeps silence from counting, and how the device was watched. */
function sight(value: Traffic, context: Context): Finding[] {
  const { cite, parameters } = context
  const left = value.left + value.namesLeft
  const watched = { seconds: secondsOf(value), packets: value.packets.device, interface: value.interface }
  return [
    ...lacksOf(value, context, parameters.leastSeconds ?? 30),
    ...(left > 0 ? [gap('list-cut', { left }, [cite('/left'), cite('/namesLeft')])] : []),
    evidence('watched', watched, [cite('/from'), cite('/until'), cite('/packets')]),
    ...(value.before > 0 ? [evidence('watched-in-part', { before: value.before }, [cite('/before')])] : []),
    ...(value.groups.length > 0 ? [evidence('announced', { groups: value.groups.length }, [cite('/groups')])] : []),
    ...(value.link === 'loopback' ? [evidence('on-loopback', {}, [cite('/link')])] : []),
  ]
}
