import { bool, list, obj, oneOf, orNull, port, str, text, type Static } from '../schema.ts'
import type { Statement } from '../statement.ts'
import { exchangeSchema } from './exchange.ts'
import type { Spoken } from './endpoints.ts'
import { loginsOver, type DeclaredLogin } from './log-ins.ts'

export const lockoutSchema = obj({
  protocol: oneOf('http', 'rtsp'),
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  tls: bool(),
  target: str(),
  /** Id of the account attacked. */
  spare: text(),
  /** Id of the account that must stay usable; null where only one account is declared. */
  owner: orNull(text()),
  before: obj({ spare: exchangeSchema, owner: orNull(exchangeSchema), other: orNull(exchangeSchema) }),
  /**
   * Wrong passwords one after the other on one connection (where the device keeps it), then the right one. A lock often
   * shows in nothing else than that the right password fails too; some act a second late, so where it was granted it is
   * tried again for a while until it is refused (`late`). Another stage follows where all were granted.
   */
  stages: list(obj({ wrong: list(exchangeSchema), right: exchangeSchema, late: list(exchangeSchema) })),
  /** Two wrong passwords at once on two connections; only where wrong ones were answered late. */
  pair: orNull(obj({ first: exchangeSchema, second: exchangeSchema })),
  /** Right after a right password was refused. `other`: over the other one of HTTP and RTSP. */
  during: orNull(
    obj({
      owner: orNull(exchangeSchema),
      /** From another address of the lab. */
      ownerElsewhere: orNull(exchangeSchema),
      other: orNull(exchangeSchema),
      /** The right password with a forged X-Forwarded-For. */
      forged: exchangeSchema,
    }),
  ),
  /** The right password again and again until it is granted or the time is over. */
  polls: list(exchangeSchema),
  returned: bool(),
})
export type Lockout = Static<typeof lockoutSchema>

/** Log-ins with a declared protection; of a service with none declared, its first log-in. */
export function attackedLogins(statement: Statement, protocol: Spoken): DeclaredLogin[] {
  const all = loginsOver(statement, protocol)
  const rows = new Set(statement.bruteForce.map((r) => r.login))
  const covered = new Set(all.filter((l) => rows.has(l.login.id)).map((l) => l.service.id))
  return all.filter(
    (l, i) =>
      rows.has(l.login.id) || (!covered.has(l.service.id) && all.findIndex((o) => o.service.id === l.service.id) === i),
  )
}
