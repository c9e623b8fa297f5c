import { defineKind } from '../observation.ts'
import { bool, obj, oneOf, orNull, port, type Static } from '../schema.ts'
import { FAMILIES, type BruteForce, type Login, type Service, type Statement } from '../statement.ts'
import { declaredOf } from '../subject.ts'
import { guessingOf } from './lockout.ts'
import { remoteAttemptSchema } from './remote-credentials.ts'
import { REMOTE_PROTOCOLS, remoteProtocolOf } from './remote-endpoints.ts'

const schema = obj({
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  protocol: oneOf(...REMOTE_PROTOCOLS),
  tls: bool(),
  /** Without a credential, and with a random password. */
  anonymous: remoteAttemptSchema,
  wrong: remoteAttemptSchema,
  /** Null where no log-in by password was offered, or everybody was let in: there is nothing to guess. */
  guessing: orNull(obj(guessingOf(remoteAttemptSchema))),
})
export type RemoteLockout = Static<typeof schema>

/** What one declared service of SSH, Telnet, FTP or MQTT does about wrong passwords in a row. */
export const kind = defineKind({
  id: 'remote-lockout',
  version: '1.0.0',
  per: 'login',
  schema,
  dependsOn: [],
  expected: ({ statement }) =>
    statement.samples.flatMap((sample) =>
      statement.services
        .filter((s) => remoteProtocolOf(s) !== null)
        .filter((s) => FAMILIES.some((f) => s.families.includes(f) && sample.addresses[f] !== null))
        .map((s) => `${sample.id}/remote/${s.id}`),
    ),
})

/** The declared service of a subject, its log-in and the protection declared of that; absent where they are not declared. */
export function remoteDeclared(
  { services, logins, bruteForce }: Statement,
  subject: string,
): { service: Service | undefined; login: Login | undefined; rule: BruteForce | undefined } {
  const service = services.find((s) => s.id === declaredOf(subject).id)
  const here = logins.filter((l) => l.service === service?.id)
  const login = here.find((l) => bruteForce.some((r) => r.login === l.id)) ?? here[0]
  return { service, login, rule: bruteForce.find((r) => r.login === login?.id) }
}
