import { defineKind } from '../observation.ts'
import { bool, list, obj, oneOf, opt, orNull, port, str, text, type Static } from '../schema.ts'
import { endpointsSpeaking } from './endpoints.ts'
import { exchangeSchema } from './exchange.ts'

/** The request with one thing changed that is no log-in. */
const attempt = obj({
  /** The changed request line, or the header that was added. */
  how: str(),
  exchange: exchangeSchema,
})
export type HttpBypass = Static<typeof attempt>

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
  /** After everything else; of some that are given logged in and refused without. */
  bypasses: opt(
    obj({
      tries: list(attempt),
      /** Then the plain request without log-in once more, and logged in. */
      again: exchangeSchema,
      after: exchangeSchema,
    }),
  ),
})
export type HttpVisit = Static<typeof visit>

const schema = obj({
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  tls: bool(),
  /** The start page before everything else. */
  opening: exchangeSchema,
  visits: list(visit),
  /** The same changes to the request for a path that cannot exist; absent where nothing was there to compare. */
  decoyTries: opt(list(attempt)),
  /** The same request after everything else. */
  closing: exchangeSchema,
  /** False where the device stopped answering and the rest was left out. */
  complete: bool(),
})
export type HttpAnonymous = Static<typeof schema>

/** What one HTTP endpoint gives to somebody who did not log in. */
export const kind = defineKind({
  id: 'http-anonymous',
  version: '1.1.0',
  per: 'endpoint',
  schema,
  dependsOn: ['services'],
  expected: (known) => endpointsSpeaking('http', known).map(({ subject }) => subject),
})
