import { CONFORMING } from '../behaviour.ts'
import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'weak-curve',
  title: {
    en: 'Keys are agreed on over a curve of 192 bits',
    vi: 'Thỏa thuận khóa trên đường cong 192 bit',
  },
  criteria: ['encryption/tls-key-exchange-groups'],
  visibleTo: 'sslscan --no-colour {ipv4}:{https}',
  apply: {
    // An RSA key, because a client that offers the short curve alone cannot use the P-256 one (RFC 8422 section 5.1).
    rsaCertificate: true,
    tlsGroups: `${CONFORMING.tlsGroups}:prime192v1`,
    tlsCiphers: `${CONFORMING.tlsCiphers}:ECDHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0`,
  },
}
