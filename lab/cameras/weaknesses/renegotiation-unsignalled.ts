import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'renegotiation-unsignalled',
  title: {
    en: 'TLS 1.2 does not signal secure renegotiation',
    vi: 'TLS 1.2 không báo hiệu thương lượng lại an toàn',
  },
  criteria: ['encryption/tls-renegotiation-secure'],
  visibleTo: 'openssl s_client -tls1_2 -connect {ipv4}:{https}',
  apply: { weakHandshake: 'renegotiation' },
}
