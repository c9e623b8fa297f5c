import { defineKind } from '../observation.ts'
import { list, obj, oneOf, port, str, type Static } from '../schema.ts'
import { declaredOf } from '../subject.ts'
import { endpointsSpeaking } from './endpoints.ts'
import { exchangeSchema } from './exchange.ts'
import { loginsOver, loginSubjects } from './log-ins.ts'

const schema = obj({
  target: str(),
  /** Addresses of the sample whose open ports are not known: only declared services were tried there. */
  undiscovered: list(oneOf('ipv4', 'ipv6')),
  /** One for every endpoint of the sample that speaks HTTP without TLS, on every family. */
  tries: list(
    obj({
      family: oneOf('ipv4', 'ipv6'),
      port: port(),
      anonymous: exchangeSchema,
      /** With the declared credential, presented as the device asks for it. */
      login: exchangeSchema,
    }),
  ),
})
export type PlainLogins = Static<typeof schema>

/** Whether a declared HTTP log-in also works where HTTP is spoken without TLS. */
export const kind = defineKind({
  id: 'plain-logins',
  version: '1.0.0',
  per: 'login',
  schema,
  dependsOn: ['services'],
  expected: ({ statement }) => loginSubjects(statement, loginsOver(statement, 'http')),
})

/** Endpoints of the sample of a log-in subject that speak HTTP in clear. */
export const plainEndpoints = (subject: string, known: Parameters<typeof endpointsSpeaking>[1]): string[] =>
  endpointsSpeaking('http', known)
    .filter((e) => !e.tls && e.subject.startsWith(`${declaredOf(subject).sample}/`))
    .map((e) => e.subject)
    .sort()
