import { defineKind } from '../observation.ts'
import { bool, list, obj, oneOf, opt, orNull, port, str, type Static } from '../schema.ts'
import { declaredOf } from '../subject.ts'
import { endpointsSpeaking, type Spoken } from './endpoints.ts'
import { exchangeSchema } from './exchange.ts'
import { loginsOver, loginSubjects } from './log-ins.ts'

const schema = obj({
  protocol: oneOf('http', 'rtsp'),
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  tls: bool(),
  target: str(),
  /** Without a credential, each on a connection of its own. */
  fresh: list(exchangeSchema),
  /** The same twice more on one connection, where the device keeps it. */
  kept: list(exchangeSchema),
  /** Where one nonce came twice: the same once more, more than a second after the last of them. */
  later: opt(exchangeSchema),
  /** With the declared credential, presented as the device asks for it. */
  genuine: exchangeSchema,
  /** One answer to a Digest challenge, used as it should be and then once more byte for byte; null where none was offered. */
  replay: orNull(
    obj({
      genuine: exchangeSchema,
      /** On the connection it was used on, where the device keeps it: `connection` tells. */
      here: exchangeSchema,
      elsewhere: exchangeSchema,
      /** A new answer to a new challenge. */
      after: exchangeSchema,
      /** The challenge asked for a count of uses (qop). */
      counted: bool(),
    }),
  ),
  /** Addresses of the sample whose open ports are not known: only declared services were tried there. */
  undiscovered: list(oneOf('ipv4', 'ipv6')),
  /** Every endpoint of the sample that speaks the protocol without TLS. */
  clear: list(
    obj({
      family: oneOf('ipv4', 'ipv6'),
      port: port(),
      anonymous: exchangeSchema,
      /** The declared credential as Basic, whether that is offered or not. */
      basic: exchangeSchema,
    }),
  ),
})
export type Challenges = Static<typeof schema>

/** How a log-in over HTTP or RTSP asks for a credential, and what becomes of an answer that was used before. */
export const kind = defineKind({
  id: 'challenges',
  version: '1.1.0',
  per: 'login',
  schema,
  dependsOn: ['services'],
  expected: ({ statement }) =>
    (['http', 'rtsp'] as const).flatMap((protocol) => loginSubjects(statement, loginsOver(statement, protocol))),
})

/** Endpoints of the sample of a log-in subject that speak its protocol in clear. */
export const clearEndpoints = (
  subject: string,
  protocol: Spoken,
  known: Parameters<typeof endpointsSpeaking>[1],
): string[] =>
  endpointsSpeaking(protocol, known)
    .filter((e) => !e.tls && e.subject.startsWith(`${declaredOf(subject).sample}/`))
    .map((e) => e.subject)
    .sort()
