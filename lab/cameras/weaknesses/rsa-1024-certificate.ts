import { CONFORMING } from '../behaviour.ts'
import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'rsa-1024-certificate',
  title: {
    en: 'The certificate has an RSA key of 1024 bits',
    vi: 'Chứng thư có khóa RSA chỉ 1024 bit',
  },
  criteria: ['encryption/tls-certificate-strength'],
  visibleTo: 'sslscan --no-colour {ipv4}:{https}',
  apply: {
    shortKey: true,
    // Level 0 lets the server load so short a key.
    tlsCiphers: `${CONFORMING.tlsCiphers.replaceAll('ECDSA', 'RSA')}:@SECLEVEL=0`,
  },
}
