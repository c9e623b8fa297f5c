import { defineKind } from '../observation.ts'
import { Type } from '@sinclair/typebox'
import { base64, int, list, micros, obj, oneOf, orNull, port, str, text, type Static } from '../schema.ts'
import { failureSchema } from './exchange.ts'
import { startTlsSchema, tlsSubjects } from './tls-offers.ts'

/** One ClientHello on a connection of its own, and the beginning of the answer. */
const shakeSchema = obj({
  at: micros('since the epoch'),
  elapsed: micros(),
  sent: base64('the ClientHello record'),
  answer: base64('up to the ServerHelloDone; where it is encrypted or an alert, up to the end of the first message'),
  end: oneOf('complete', 'closed', 'reset', 'timeout', 'too-long', 'not-open'),
  failure: orNull(failureSchema),
})

/** A whole handshake of TLS 1.3 by the lab's TLS library, all its checks off: the certificate is not visible from outside. */
const peerSchema = obj({
  at: micros('since the epoch'),
  elapsed: micros(),
  /** Signature algorithms offered, in the library's words; null: all it has. */
  signatures: orNull(text()),
  /** The library's words; empty where the handshake did not end. */
  suite: str(),
  chain: Type.Array(base64('DER'), { maxItems: 16 }),
  failure: orNull(failureSchema),
})
export type TlsPeer = Static<typeof peerSchema>

const schema = obj({
  address: text(),
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  sourceAddress: text(),
  startTls: startTlsSchema,
  /** By what they ask for, not in order of time. */
  hellos: list(shakeSchema),
  peers: list(peerSchema),
  /** The first hello, accepted, and the same again at the end; null where it was not accepted. */
  control: orNull(obj({ before: int(), after: int() })),
})
export type TlsHandshakes = Static<typeof schema>
export type TlsShake = TlsHandshakes['hellos'][number]

/** Key exchange groups, certificates, compression and fallback of one endpoint, asked for with what it is known to accept. */
export const kind = defineKind({
  id: 'tls-handshakes',
  version: '1.1.0',
  per: 'endpoint',
  schema,
  dependsOn: ['services', 'tls-offers'],
  expected: tlsSubjects,
})
