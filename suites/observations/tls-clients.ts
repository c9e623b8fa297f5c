import { Type } from '@sinclair/typebox'
import { defineKind } from '../observation.ts'
import { base64, int, list, micros, obj, oneOf, opt, orNull, port, str, text, type Static } from '../schema.ts'
import { TLS_CLIENT_PROTOCOLS } from '../statement-clients.ts'
import { clientSubject } from '../subject.ts'
import { exchangeSchema, failureSchema } from './exchange.ts'

/**
 * genuine: signed by the authority that the device trusts, valid now, for the server's name. Each of the others has
 * a key of its own and differs in one thing: self-signed: signed by nobody else. unknown-ca: signed by another authority of the same name. wrong-name:
 * for another name and address. expired, not-yet-valid: long ago, long from now.
 */
export const IMPOSTORS = ['self-signed', 'unknown-ca', 'wrong-name', 'expired', 'not-yet-valid'] as const
export type Impostor = (typeof IMPOSTORS)[number]

/**
 * Mail servers that keep TLS from beginning (RFC 3207 section 6): one does not offer it, one offers it and refuses. Both
 * take mail and log-ins without it.
 */
export const STRIPPERS = ['tls-not-offered', 'tls-refused'] as const
export type Stripper = (typeof STRIPPERS)[number]

/** A command of SMTP and the lab's reply. */
const mailCommand = obj({ said: str('secrets redacted; of a log-in only the method'), reply: str() })
export type MailCommand = Static<typeof mailCommand>

/** One TCP connection that came to the lab's server. */
const connection = obj({
  at: micros('since the epoch'),
  from: text('address of the sender'),
  /** The beginning of what came before the server had said anything, or after it agreed to begin TLS; secrets redacted. */
  first: base64('the ClientHello, where TLS is spoken'),
  /** Mail: the commands before TLS, the first 32 of them and the first log-in or mail; absent where TLS comes first. */
  clear: opt(list(mailCommand)),
  handshake: oneOf('complete', 'incomplete'),
  /** The library's words; empty where no version was agreed on. */
  version: str(),
  /** The alert that the device sent, in the library's words; empty where it sent none. */
  alert: str(),
  /** What ended the handshake or the connection, where it was neither an alert nor an orderly close. */
  failure: orNull(failureSchema),
  /** Bytes of the application that came after the handshake; of mail those from the log-in or the sender on. */
  bytes: int(),
  data: base64('the beginning of them, secrets redacted'),
  /** When the first of them came; null where none did. */
  dataAt: orNull(micros()),
  /** The device ended it; `lab`: it was still open when the lab showed the next certificate. */
  end: oneOf('closed', 'reset', 'lab'),
  endedAt: micros(),
})
export type TlsConnection = Static<typeof connection>

const server = obj({
  shows: oneOf('genuine', ...IMPOSTORS, ...STRIPPERS),
  /** What it sent as its certificates, its own first; empty where it keeps TLS from beginning. */
  chain: Type.Array(base64('DER'), { maxItems: 4 }),
  from: micros(),
  until: micros(),
  /** What asked the device to connect, again where it did not come; empty where it comes by itself. */
  asked: list(exchangeSchema),
  connections: list(connection),
  /** Connections that came and are not in the list, for its length. */
  left: int(),
})
export type TlsServer = Static<typeof server>

const schema = obj({
  client: text('of the statement'),
  protocol: oneOf(...TLS_CLIENT_PROTOCOLS),
  /** Where the device was told to connect to. */
  address: text(),
  port: port(),
  /** The declared name of the server; null where the device looks for the address. */
  serverName: orNull(text()),
  /** declared: the device trusts it as it is. given: the lab gave it to the device. unknown: nobody told the device of it. */
  authority: obj({ origin: oneOf('declared', 'given', 'unknown'), certificate: base64('DER') }),
  /** What gave the device the authority. */
  install: orNull(exchangeSchema),
  /** Where the device connected to before, as it said, what pointed it at the lab, and what it said afterwards. */
  before: orNull(str()),
  enable: orNull(exchangeSchema),
  after: orNull(str()),
  /** In order of time: one after the other on the same port. */
  servers: list(server),
})
export type TlsClients = Static<typeof schema>

/** How the device as a TLS client takes the genuine server and impostors, one after the other on the same port. */
export const kind = defineKind({
  id: 'tls-clients',
  version: '1.1.0',
  per: 'mechanism',
  schema,
  dependsOn: [],
  expected: ({ statement }) =>
    statement.samples.flatMap((s) => (statement.tlsClients ?? []).map((c) => clientSubject(s.id, c.id))),
})
