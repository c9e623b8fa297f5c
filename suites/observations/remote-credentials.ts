import { defineKind } from '../observation.ts'
import { base64, bool, int, list, micros, obj, oneOf, opt, orNull, port, str, text, type Static } from '../schema.ts'
import { failureSchema } from './exchange.ts'
import { REMOTE_PROTOCOLS, remoteEndpoints } from './remote-endpoints.ts'

/** What the lab said, and what came back until the next word was due. */
const step = obj({
  sent: oneOf(
    'nothing',
    'enter',
    /** FTP: asks for TLS, in which the next words are said (RFC 4217 section 4). */
    'auth-tls',
    'user',
    'password',
    /** A sum for the command interpreter; only one that runs it can tell the result. */
    'sum',
    'connect',
    /** SSH: a request to be let in without authentication (RFC 4252 section 5.2). */
    'none',
    'keyboard-interactive',
  ),
  /** As it came, secrets redacted; of SSH the message inside the encryption. */
  answer: base64(),
  end: oneOf('complete', 'closed', 'reset', 'timeout', 'too-long'),
})
export type RemoteStep = Static<typeof step>

/** One connection and at most one credential. */
export const remoteAttemptSchema = obj({
  at: micros('since the epoch'),
  elapsed: micros(),
  sourceAddress: text(),
  /** User name, and the name of the secret (never the secret) or the published password; null: none was given. */
  credential: orNull(obj({ user: str(), secret: str(), published: bool() })),
  steps: list(step),
  /** The result of the sum, where it was asked for. */
  sum: orNull(int()),
  failure: orNull(failureSchema),
})
export type RemoteAttempt = Static<typeof remoteAttemptSchema>

const schema = obj({
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  protocol: oneOf(...REMOTE_PROTOCOLS),
  /** Before the first word. */
  tls: bool(),
  /** Level of MQTT that was spoken; null for other protocols. */
  mqttVersion: orNull(oneOf('3.1.1', '5')),
  /** FTP: the answer to AUTH TLS (RFC 4217); null for other protocols. */
  authTls: orNull(base64()),
  /** FTP that offers TLS and did not take a user without it: what it answered to `anonymous` and to the name alone of the user. All else is said in TLS. */
  inClear: opt(obj({ anonymous: remoteAttemptSchema, user: remoteAttemptSchema })),
  anonymous: remoteAttemptSchema,
  /** MQTT: the anonymous client asked for every topic; messages were counted and not kept. Null where it was not let in. */
  subscription: orNull(obj({ answer: base64('SUBACK'), messages: int() })),
  /** With the credential declared for this service; null where none is. */
  knownGood: orNull(remoteAttemptSchema),
  /** With a random password, for the same user as far as there is one. */
  knownBad: remoteAttemptSchema,
  /** Control: the declared credential, else a random password again. */
  batches: list(obj({ tries: list(remoteAttemptSchema), control: remoteAttemptSchema, waited: micros() })),
  /** The declared credential is itself published, blank or equal to its user name. */
  declaredIsListed: bool(),
  /** Every listed credential was tried in a batch whose control was answered as before. */
  complete: bool(),
  stopped: orNull(oneOf('locked', 'unreachable', 'cancelled')),
})
export type RemoteCredentials = Static<typeof schema>

/** Who gets in at one endpoint by SSH, Telnet, FTP, MQTT or a console: nobody, anybody, or the holder of a published password. */
export const kind = defineKind({
  id: 'remote-credentials',
  version: '1.1.0',
  per: 'endpoint',
  schema,
  dependsOn: ['services'],
  expected: (known) => remoteEndpoints(known).map(({ subject }) => subject),
})
