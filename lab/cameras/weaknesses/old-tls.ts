import { CONFORMING } from '../behaviour.ts'
import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'old-tls',
  title: {
    en: 'TLS 1.0 and TLS 1.1 are accepted',
    vi: 'Chấp nhận TLS 1.0 và TLS 1.1',
  },
  criteria: ['encryption/tls-versions'],
  visibleTo: 'sslscan --no-colour {ipv4}:{https}',
  apply: {
    tlsMinVersion: 'TLSv1',
    // TLS 1.0 and 1.1 know no authenticated encryption; level 0 lets them sign with SHA-1.
    tlsCiphers: `${CONFORMING.tlsCiphers}:ECDHE-ECDSA-AES256-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0`,
  },
}
