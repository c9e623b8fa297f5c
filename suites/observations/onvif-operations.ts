import { defineKind } from '../observation.ts'
import { ONVIF_SERVICES } from '../facts/onvif.ts'
import { bool, list, obj, oneOf, opt, orNull, port, str, text, type Static } from '../schema.ts'
import { endpointsSpeaking } from './endpoints.ts'
import { exchangeSchema } from './exchange.ts'

const asked = obj({
  service: oneOf(...ONVIF_SERVICES),
  operation: text(),
  target: str(),
  anonymous: exchangeSchema,
  /** With a random wrong password; null for what is open to everybody, and where another failure might have set off a ban. */
  wrong: orNull(exchangeSchema),
  /** With a declared credential; null where there is none. */
  genuine: orNull(exchangeSchema),
})
export type OnvifAsked = Static<typeof asked>

/** One of the operations by every way to log in, declared or not, with the right password. */
const ways = obj({
  service: oneOf(...ONVIF_SERVICES),
  operation: text(),
  target: str(),
  /** Digest or Basic, as the device asks for it (RFC 9110 section 11). */
  challenge: exchangeSchema,
  /** A username token with a digest of the password. */
  token: exchangeSchema,
  /** A username token with the password itself. */
  text: exchangeSchema,
  /** By the declared way, after the others. */
  after: exchangeSchema,
})
export type OnvifWays = Static<typeof ways>

const schema = obj({
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  tls: bool(),
  /** Of the device service: as declared, else the usual one. */
  target: str(),
  /** GetSystemDateAndTime without log-in, before everything else. */
  opening: exchangeSchema,
  /** GetServices without log-in, or with it where it is refused without; null where ONVIF is not spoken. */
  services: orNull(exchangeSchema),
  /** Addresses in it that lead to another host or port. They were not followed. */
  elsewhere: list(text()),
  asked: list(asked),
  /** Null where no operation is known to need a log-in and to work with one. */
  ways: opt(orNull(ways)),
  /** The opening again, after everything else; null where ONVIF is not spoken. */
  closing: orNull(exchangeSchema),
  /** False where the device stopped answering or the credential stopped working, and the rest was left out. */
  complete: bool(),
})
export type OnvifOperations = Static<typeof schema>

/** What one HTTP endpoint answers to the reading operations of ONVIF without, with a wrong and with the right log-in. */
export const kind = defineKind({
  id: 'onvif-operations',
  version: '1.2.0',
  per: 'endpoint',
  schema,
  dependsOn: ['services'],
  expected: (known) => endpointsSpeaking('http', known).map(({ subject }) => subject),
})
