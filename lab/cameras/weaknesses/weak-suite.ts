import { CONFORMING } from '../behaviour.ts'
import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'weak-suite',
  title: {
    en: 'A TLS 1.2 suite without forward secrecy and with CBC is accepted',
    vi: 'Chấp nhận bộ mật mã TLS 1.2 dùng CBC và không có tính bảo mật chuyển tiếp',
  },
  criteria: ['encryption/tls-cipher-suites'],
  visibleTo: 'sslscan --no-colour {ipv4}:{https}',
  apply: { tlsCiphers: `${CONFORMING.tlsCiphers}:AES128-SHA`, rsaCertificate: true },
}
