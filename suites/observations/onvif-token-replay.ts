import { defineKind } from '../observation.ts'
import { bool, int, obj, oneOf, port, str, text, type Static } from '../schema.ts'
import { exchangeSchema } from './exchange.ts'
import { onvifLoginSubjects } from './onvif-endpoints.ts'

const schema = obj({
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  tls: bool(),
  target: str(),
  /** A reading operation of the device service. */
  operation: text(),
  /** The device's clock was read, and tokens are dated by it; else by the lab's. */
  timed: bool(),
  anonymous: exchangeSchema,
  /** A token of a random wrong password. */
  wrong: exchangeSchema,
  /** A token of now. */
  genuine: exchangeSchema,
  /** The same message once more, byte by byte, on another connection. */
  replayed: exchangeSchema,
  /** A new token with a date of the past. */
  stale: exchangeSchema,
  staleSeconds: int(1),
  /** Another token of now. */
  closing: exchangeSchema,
})
export type OnvifTokenReplay = Static<typeof schema>

/** What one ONVIF service makes of a username token that was used before, and of one that is old. */
export const kind = defineKind({
  id: 'onvif-token-replay',
  version: '1.0.0',
  per: 'login',
  schema,
  dependsOn: [],
  expected: ({ statement }) => onvifLoginSubjects(statement, ['username-token']),
})
