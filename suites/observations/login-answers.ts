import { defineKind } from '../observation.ts'
import { bool, list, obj, oneOf, port, str, type Static } from '../schema.ts'
import type { Statement } from '../statement.ts'
import { exchangeSchema } from './exchange.ts'
import { loginsOver, loginSubjects, type DeclaredLogin } from './log-ins.ts'

const schema = obj({
  protocol: oneOf('http', 'rtsp'),
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  tls: bool(),
  target: str(),
  genuine: exchangeSchema,
  /** In turn: a wrong password for the declared user, and one for a random user that cannot exist. */
  pairs: list(obj({ known: exchangeSchema, unknown: exchangeSchema })),
  /** The right password afterwards. */
  after: exchangeSchema,
})
export type LoginAnswers = Static<typeof schema>

/** One log-in of each service: that of the account that may be locked, else the first. */
function asked(statement: Statement): DeclaredLogin[] {
  const all = (['http', 'rtsp'] as const).flatMap((p) => loginsOver(statement, p))
  const services = [...new Set(all.map((l) => l.service.id))]
  return services.flatMap((id) => {
    const here = all.filter((l) => l.service.id === id)
    return here.find((l) => l.account.spare === true) ?? here[0] ?? []
  })
}

/** How a log-in answers to wrong passwords of users that exist and of users that do not. */
export const kind = defineKind({
  id: 'login-answers',
  version: '1.0.0',
  per: 'login',
  schema,
  dependsOn: [],
  expected: ({ statement }) => loginSubjects(statement, asked(statement)),
})
