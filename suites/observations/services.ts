import { defineKind } from '../observation.ts'
import { base64, bool, int, list, obj, oneOf, opt, pair, port, text, type Static } from '../schema.ts'
import { addressesOf, addressSubject } from '../subject.ts'

/** What one open port said. An empty answer means that nothing came, or that it was not asked (see `asked`). */
export const serviceSchema = obj({
  port: port(),
  /** Questions put to it, in this order. A service that greets is not asked further, but for FTP and RFB. */
  asked: list(oneOf('greeting', 'auth-tls', 'tls', 'http', 'rtsp', 'mqtt', 'sum')),
  greeting: base64('first bytes sent unasked'),
  authTls: opt(base64('FTP: reply to AUTH TLS (RFC 4217 section 4)')),
  tlsAnswer: base64('first bytes of the answer to a ClientHello'),
  /** The port answered the ClientHello with TLS; then the questions below went over TLS. */
  tls: bool(),
  httpAnswer: base64('head of the answer to GET /'),
  rtspAnswer: base64('head of the answer to OPTIONS'),
  mqttAnswer: base64('answer to CONNECT (MQTT 3.1.1)'),
  /** The last question before the port refused every connection, also five seconds later. */
  closedAfter: opt(oneOf('greeting', 'auth-tls', 'tls', 'http', 'rtsp', 'mqtt', 'sum')),
  /** Questions in protocols whose services say nothing unasked, each on a connection of its own, until one was understood. */
  own: opt(
    list(
      obj({
        question: oneOf('rfb', 'gdb', 'redis', 'memcached', 'rpcbind', 'x11', 'adb', 'jdwp', 'modbus', 'inspector'),
        answer: base64('at most 2048 bytes; of RFB what follows the version'),
      }),
    ),
  ),
  /** A command that only an interpreter of commands can answer, where nothing else told what listens. */
  sum: opt(obj({ factors: pair(int(), int()), answer: base64('answer to `echo $((a*b))`') })),
})
export type ServiceSeen = Static<typeof serviceSchema>

const schema = obj({
  address: text(),
  family: oneOf('ipv4', 'ipv6'),
  sourceAddress: text(),
  services: list(serviceSchema),
  /** Open ports left unasked because there were too many. */
  unasked: list(pair(port(), port())),
})
export type Services = Static<typeof schema>

/** What every open TCP port of one address speaks. */
export const kind = defineKind({
  id: 'services',
  version: '1.2.0',
  per: 'address',
  schema,
  dependsOn: ['tcp-ports'],
  expected: ({ statement }) => addressesOf(statement).map(({ sample, family }) => addressSubject(sample, family)),
})
