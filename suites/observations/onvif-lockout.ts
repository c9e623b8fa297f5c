import { defineKind } from '../observation.ts'
import { bool, obj, oneOf, port, str, text, type Static } from '../schema.ts'
import { exchangeSchema } from './exchange.ts'
import { guessingOf } from './lockout.ts'
import { ONVIF_SCHEMES, onvifLoginSubjects } from './onvif-endpoints.ts'

const schema = obj({
  scheme: oneOf(...ONVIF_SCHEMES),
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  tls: bool(),
  target: str(),
  /** Of the device service; it was refused without a log-in. */
  operation: text(),
  ...guessingOf(exchangeSchema),
})
export type OnvifLockout = Static<typeof schema>

/** What one ONVIF log-in does about wrong passwords in a row, by Digest and by username token apart. */
export const kind = defineKind({
  id: 'onvif-lockout',
  version: '1.0.0',
  per: 'login',
  schema,
  dependsOn: [],
  expected: ({ statement }) => onvifLoginSubjects(statement, ONVIF_SCHEMES),
})
