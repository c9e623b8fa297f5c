import { defineKind } from '../observation.ts'
import { bool, list, obj, oneOf, orNull, port, str, text, type Static } from '../schema.ts'
import { exchangeSchema } from './exchange.ts'

const schema = obj({
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  tls: bool(),
  target: str(),
  /** Id and user name of the spare account whose password is changed. */
  account: text(),
  user: str(),
  anonymous: exchangeSchema,
  /** With its own password, before everything. */
  before: exchangeSchema,
  /** A long random password of all kinds of characters is set, and used. */
  control: obj({ change: exchangeSchema, login: exchangeSchema }),
  /** Each candidate is set on top of the one before that worked. */
  tries: list(
    obj({
      /** No secret: it is set on the lab link for a moment. */
      candidate: str(),
      change: exchangeSchema,
      /** With the password that worked before: granted means that the candidate was not taken. */
      old: exchangeSchema,
      /** With the candidate; only where the one from before was refused. */
      now: orNull(exchangeSchema),
    }),
  ),
  /** With its own password, after it was put back. */
  after: exchangeSchema,
  complete: bool(),
})
export type PasswordRules = Static<typeof schema>

/** Which passwords the device takes for an account. */
export const kind = defineKind({
  id: 'password-rules',
  version: '1.0.0',
  per: 'unit',
  schema,
  dependsOn: [],
  expected: ({ statement }) =>
    statement.actions.changePassword ? statement.samples.map((s) => `${s.id}/password-rules`) : [],
})
