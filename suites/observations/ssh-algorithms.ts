import { defineKind } from '../observation.ts'
import { base64, list, obj, oneOf, orNull, port, text, type Static } from '../schema.ts'
import { failureSchema } from './exchange.ts'
import { remoteEndpoints } from './remote-endpoints.ts'

const schema = obj({
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  sourceAddress: text(),
  /** Everything up to the end of the identification line (RFC 4253 section 4.2). */
  identification: base64(),
  /** The first binary packet, unencrypted: SSH_MSG_KEXINIT (RFC 4253 section 7.1). */
  kexInit: base64(),
  end: oneOf('complete', 'closed', 'reset', 'timeout', 'too-long'),
  /** The RSA host key, where one is offered: a key exchange was made for it; null where that failed. */
  rsaKeys: list(
    obj({ algorithm: text(), key: orNull(base64('RFC 4253 section 6.6')), failure: orNull(failureSchema) }),
  ),
})
export type SshAlgorithms = Static<typeof schema>

/** What one SSH endpoint offers before the key exchange, and its RSA host key. */
export const kind = defineKind({
  id: 'ssh-algorithms',
  version: '1.0.0',
  per: 'endpoint',
  schema,
  dependsOn: ['services'],
  expected: (known) =>
    remoteEndpoints(known)
      .filter((e) => e.protocol === 'ssh')
      .map(({ subject }) => subject),
})
