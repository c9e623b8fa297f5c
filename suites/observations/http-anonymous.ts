import { defineKind } from '../observation.ts'
import { bool, list, obj, oneOf, orNull, port, str, text, type Static } from '../schema.ts'
import { endpointsSpeaking } from './endpoints.ts'
import { exchangeSchema } from './exchange.ts'

const visit = obj({
  target: str(),
  /** `elsewhere`: declared for another service of the device. `decoy`: a random path that cannot exist. */
  source: oneOf('declared', 'elsewhere', 'catalogue', 'decoy'),
  /** As declared; null for what is not declared here. */
  access: orNull(oneOf('protected', 'public')),
  /** What the declaration or the catalogue says that it holds. */
  holds: text(),
  anonymous: exchangeSchema,
  /** The same request logged in; only for what is declared protected. */
  genuine: orNull(exchangeSchema),
})
export type HttpVisit = Static<typeof visit>

const schema = obj({
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  tls: bool(),
  /** The start page before everything else. */
  opening: exchangeSchema,
  visits: list(visit),
  /** The same request after everything else. */
  closing: exchangeSchema,
  /** False where the device stopped answering and the rest was left out. */
  complete: bool(),
})
export type HttpAnonymous = Static<typeof schema>

/** What one HTTP endpoint gives to somebody who did not log in. */
export const kind = defineKind({
  id: 'http-anonymous',
  version: '1.0.0',
  per: 'endpoint',
  schema,
  dependsOn: ['services'],
  expected: (known) => endpointsSpeaking('http', known).map(({ subject }) => subject),
})
