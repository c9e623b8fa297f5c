import { defineKind } from '../observation.ts'
import { bool, int, list, obj, oneOf, orNull, port, str, type Static } from '../schema.ts'
import { exchangeSchema } from './exchange.ts'
import { loginSubjects, sessionServices } from './log-ins.ts'
import { gaveSchema } from './sessions.ts'

/** A log-in, one request with what it gave, and after a while, in which nothing was asked in it, the same request once more. */
const rested = {
  entry: list(exchangeSchema),
  gave: list(gaveSchema),
  opened: exchangeSchema,
  look: exchangeSchema,
}

const schema = obj({
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  tls: bool(),
  target: str(),
  /** Declared. */
  idleSeconds: int(1, 86_400),
  /** The request of the log-in without anything. */
  anonymous: exchangeSchema,
  /** Looked at after half of the declared time. */
  half: obj(rested),
  /** Looked at when the declared time was over. */
  idle: obj(rested),
  /** Asked in all along, at last after the idle one was looked at. */
  used: obj({
    entry: list(exchangeSchema),
    gave: list(gaveSchema),
    opened: exchangeSchema,
    looks: list(exchangeSchema),
  }),
  /** Where the idle one still worked: another one after the same time, with no session of the lab beside it. */
  alone: orNull(obj(rested)),
})
export type SessionIdle = Static<typeof schema>
export type Rested = SessionIdle['idle']

/** What becomes of a session in which nothing is asked. */
export const kind = defineKind({
  id: 'session-idle',
  version: '1.0.0',
  per: 'login',
  schema,
  dependsOn: [],
  expected: ({ statement }) => loginSubjects(statement, sessionServices(statement)),
})
