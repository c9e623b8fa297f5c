import { defineKind } from '../observation.ts'
import { bool, list, obj, oneOf, port, str, type Static } from '../schema.ts'
import { exchangeSchema } from './exchange.ts'
import { kind as httpCredentials } from './http-credentials.ts'
import { kind as rtspCredentials } from './rtsp-credentials.ts'

const schema = obj({
  /** Everything declared protected and every log-in, before the first set-up. */
  visits: list(
    obj({
      protocol: oneOf('http', 'rtsp'),
      family: oneOf('ipv4', 'ipv6'),
      port: port(),
      tls: bool(),
      target: str(),
      holds: str(),
      anonymous: exchangeSchema,
      /** With each published credential that is declared or was found to work at this service. */
      published: list(exchangeSchema),
    }),
  ),
  /** The start page of each web service: before everything and after it. */
  starts: list(obj({ port: port(), before: exchangeSchema, after: exchangeSchema })),
  /** False where the run was cancelled before everything was asked. */
  complete: bool(),
})
export type FirstUse = Static<typeof schema>

/** What a unit that comes out of its box gives before its first set-up. */
export const kind = defineKind({
  id: 'first-use',
  version: '1.0.0',
  per: 'unit',
  schema,
  dependsOn: [httpCredentials.id, rtspCredentials.id],
  expected: ({ statement }) => statement.samples.map((s) => `${s.id}/first-use`),
})
