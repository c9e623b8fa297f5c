import { bool, list, obj, oneOf, opt, orNull, port, str, text, type Static, type TSchema } from '../schema.ts'
import type { Statement } from '../statement.ts'
import { exchangeSchema, type Exchange } from './exchange.ts'
import type { Spoken } from './endpoints.ts'
import { loginsOver, type DeclaredLogin } from './log-ins.ts'

/** What is seen of guessing at any log-in; `tried` records one try with one password. */
export const guessingOf = <S extends TSchema>(tried: S) => ({
  /** Id of the account attacked. */
  spare: text(),
  /** Id of the account that must stay usable; null where only one account is declared. */
  owner: orNull(text()),
  before: obj({ spare: tried, owner: orNull(tried), other: orNull(exchangeSchema) }),
  /**
   * Wrong passwords one after the other on one connection (where the device keeps it), then the right one. A lock often
   * shows in nothing else than that the right password fails too; some act a second late, so where it was granted it is
   * tried again for a while until it is refused (`late`). Another stage follows where all were granted.
   */
  stages: list(obj({ wrong: list(tried), right: tried, late: list(tried) })),
  /** Two wrong passwords at once on two connections; only where wrong ones were answered late. */
  pair: orNull(obj({ first: tried, second: tried })),
  /** Right after a right password was refused. `other`: over another interface with the same accounts. */
  during: orNull(
    obj({
      owner: orNull(tried),
      /** From another address of the lab. */
      ownerElsewhere: orNull(tried),
      other: orNull(exchangeSchema),
      /** The right password with a forged X-Forwarded-For, where the protocol has such headers. */
      forged: opt(tried),
      /** The right password of the account attacked, from another address of the lab. */
      elsewhere: opt(orNull(tried)),
      /** The same over the other one of IPv4 and IPv6. */
      otherFamily: opt(orNull(tried)),
    }),
  ),
  /** The right password again and again until it is granted or the time is over. */
  polls: list(tried),
  returned: bool(),
})

/** The same in types, for whatever records a try. */
export interface Guessing<T> {
  spare: string
  owner: string | null
  before: { spare: T; owner: T | null; other: Exchange | null }
  stages: Stage<T>[]
  pair: { first: T; second: T } | null
  during: During<T> | null
  polls: T[]
  returned: boolean
}
export interface Stage<T> {
  wrong: T[]
  right: T
  late: T[]
}
export interface During<T> {
  owner: T | null
  ownerElsewhere: T | null
  other: Exchange | null
  elsewhere?: T | null
  otherFamily?: T | null
  forged?: T
}

export const lockoutSchema = obj({
  protocol: oneOf('http', 'rtsp'),
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  tls: bool(),
  target: str(),
  ...guessingOf(exchangeSchema),
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
