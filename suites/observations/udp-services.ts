import { defineKind } from '../observation.ts'
import { base64, bool, list, micros, obj, oneOf, orNull, port, text, type Static } from '../schema.ts'
import { addressesOf, addressSubject } from '../subject.ts'

/** A datagram that came from the device while an answer was waited for. */
const replySchema = obj({
  elapsed: micros(),
  /** Port of the device that it came from. */
  port: port(),
  bytes: base64('at most 4096 bytes, secrets redacted'),
})

/**
 * One datagram sent and what came of it. `refused`: the network said that the port is closed (ICMP port unreachable).
 * `silent` says nothing: neither open nor closed. `error`: another answer of the network, or a fault of the lab.
 */
export const askSchema = obj({
  at: micros('since the epoch'),
  outcome: oneOf('answered', 'refused', 'silent', 'error'),
  /** In the words of the system, where outcome is `error`. */
  code: orNull(text()),
  replies: list(replySchema),
})
export type UdpAsk = Static<typeof askSchema>

/** One question of the catalogue. Asked again once where nothing came, and once at the end where an answer came. */
export const askedSchema = obj({
  id: text(),
  port: port(),
  payload: text(),
  /** Where it was sent: the device's own address or a multicast group. */
  to: text(),
  sent: base64('the datagram'),
  asks: list(askSchema),
})
export type UdpAsked = Static<typeof askedSchema>

const schema = obj({
  address: text(),
  family: oneOf('ipv4', 'ipv6'),
  sourceAddress: text(),
  /** On the loopback of the lab there is no link, and no multicast question is asked. */
  link: oneOf('network', 'loopback'),
  /** Ports on which something received datagrams at this address before the device was there; not the device's. */
  baseline: orNull(obj({ at: micros(), ports: list(port()) })),
  /** In order of the catalogue. */
  rows: list(askedSchema),
  /** A datagram to a port that nothing uses, before and after: refused proves that datagrams arrive and answers return. */
  control: obj({ port: port(), before: askSchema, after: askSchema }),
  /** Whether the device still took TCP connections after each group of questions; null: nothing is declared to connect to. */
  liveness: list(obj({ after: text(), at: micros(), alive: orNull(bool()) })),
})
export type UdpServices = Static<typeof schema>

/** What UDP services of one address answer questions made for them. */
export const kind = defineKind({
  id: 'udp-services',
  version: '1.0.0',
  per: 'address',
  schema,
  dependsOn: [],
  expected: ({ statement }) => addressesOf(statement).map(({ sample, family }) => addressSubject(sample, family)),
})

const isSign = ({ outcome }: UdpAsk): boolean => outcome === 'answered' || outcome === 'refused'

/**
 * Whether datagrams were shown to reach the device and answers to come back, before the questions and after them:
 * something answered or was refused (rule 1).
 */
export const pathShown = ({ rows, control }: UdpServices): { before: boolean; after: boolean } => ({
  before: isSign(control.before) || rows.some(({ asks: [first] }) => first !== undefined && isSign(first)),
  after: isSign(control.after) || rows.some(({ asks }) => asks.length > 1 && asks.at(-1)?.outcome === 'answered'),
})
