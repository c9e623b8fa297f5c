import { defineKind, type Known } from '../observation.ts'
import { Type } from '@sinclair/typebox'
import { base64, int, list, micros, obj, oneOf, opt, orNull, port, text, type Static } from '../schema.ts'
import { addressSubject, endpointOf, endpointSubject } from '../subject.ts'
import { startsTls } from '../facts/service-protocol.ts'
import { TLS_VERSIONS } from '../facts/tls-records.ts'
import { failureSchema } from './exchange.ts'
import { kind as services } from './services.ts'
import type { Service, Statement } from '../statement.ts'

/** Suite numbers as hexadecimal, four digits each, without separators. */
const suites = () => Type.String({ pattern: '^([0-9a-f]{4})*$' })

/** One ClientHello on a connection of its own, and the beginning of the answer. */
export const helloSchema = obj({
  at: micros('since the epoch'),
  elapsed: micros(),
  /** The only version offered. */
  version: oneOf(...TLS_VERSIONS),
  /** Offered: the list with this index but for those in `without`. */
  list: int(),
  without: suites(),
  answer: base64('up to the end of the ServerHello or alert; the control before: up to ServerHelloDone'),
  end: oneOf('complete', 'closed', 'reset', 'timeout', 'too-long', 'not-open'),
  failure: orNull(failureSchema),
})
export type TlsHello = Static<typeof helloSchema>

/** The protocol in which TLS is asked for before every hello (FTP: RFC 4217 section 4); absent: the hello comes first. */
export const startTlsSchema = opt(oneOf('ftp'))

const schema = obj({
  address: text(),
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  sourceAddress: text(),
  startTls: startTlsSchema,
  /** Sent as server_name; null: none was sent. */
  serverName: orNull(text()),
  lists: list(suites()),
  /** In order of versions, not of time. */
  hellos: list(helloSchema),
  /** The first hello that was accepted, and the same again at the end; null where none was accepted. */
  control: orNull(obj({ before: int(), after: int() })),
})
export type TlsOffers = Static<typeof schema>

const OVER_TLS = new Set(['https', 'rtsps', 'mqtts'])

/** Services that are declared to speak TLS. */
export const declaredOverTls = ({ services }: Statement): Service[] =>
  services.filter((s) => s.transport === 'tcp' && OVER_TLS.has(s.protocol))

type Found = Pick<Known, 'statement' | 'seen'>

/** Whether TLS begins within a conversation at an endpoint. */
export const startTlsAt = ({ seen }: Pick<Found, 'seen'>, subject: string): 'ftp' | null => {
  const { sample, family, port } = endpointOf(subject)
  const rows = seen(services).filter((s) => s.subject === addressSubject(sample, family))
  return rows.some(({ value }) => value.services.some((s) => s.port === port && startsTls(s))) ? 'ftp' : null
}

/** Every endpoint that is declared to speak TLS or was found to. */
export const tlsSubjects = ({ statement, seen }: Found): string[] => [
  ...statement.samples.flatMap((sample) =>
    declaredOverTls(statement).flatMap((s) =>
      s.families.filter((f) => sample.addresses[f] !== null).map((f) => endpointSubject(sample.id, f, s.port)),
    ),
  ),
  ...seen(services).flatMap(({ subject, value }) =>
    value.services
      .filter((s) => s.tls || startsTls(s))
      .map((s) => endpointSubject(subject.split('/')[0] ?? '', value.family, s.port)),
  ),
]

/** Which TLS versions and cipher suites one endpoint accepts, each asked for until it is refused. */
export const kind = defineKind({
  id: 'tls-offers',
  version: '1.1.0',
  per: 'endpoint',
  schema,
  dependsOn: ['services'],
  expected: tlsSubjects,
})
