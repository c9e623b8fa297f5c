import { defineKind } from '../observation.ts'
import { bool, obj, oneOf, orNull, port, str, type Static } from '../schema.ts'
import { endpointsSpeaking, type Spoken } from './endpoints.ts'
import { exchangeSchema } from './exchange.ts'
import { credentialTriesSchema } from './credential-tries.ts'
import { loginsOver } from './log-ins.ts'

const schema = obj({
  protocol: oneOf('http', 'rtsp'),
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  tls: bool(),
  /** The first answer that asked for a log-in: by a Basic or Digest challenge, else by a page with a field for a password; null where none did. */
  asked: orNull(obj({ by: oneOf('challenge', 'form'), target: str(), exchange: exchangeSchema })),
  /** Listed credentials where a challenge asked, beside a declared account's; null where nothing was tried. */
  tries: orNull(credentialTriesSchema),
})
export type UndeclaredLogin = Static<typeof schema>

/** An HTTP or RTSP endpoint for which the statement has no log-in: whether it asks for one all the same, and whom it lets in. */
export const kind = defineKind({
  id: 'undeclared-logins',
  version: '1.0.0',
  per: 'endpoint',
  schema,
  dependsOn: ['http-anonymous', 'rtsp-anonymous'],
  expected: (known) => {
    const { statement } = known
    const without = (protocol: Spoken): string[] =>
      endpointsSpeaking(protocol, known)
        .filter((e) => !loginsOver(statement, protocol).some((l) => l.service.id === e.service))
        .map((e) => e.subject)
    return [...without('http'), ...without('rtsp')]
  },
})
