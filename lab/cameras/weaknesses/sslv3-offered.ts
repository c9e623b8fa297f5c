import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'sslv3-offered',
  title: {
    en: 'SSL 3.0 is accepted',
    vi: 'Chấp nhận SSL 3.0',
  },
  criteria: ['encryption/tls-versions', 'encryption/tls-cipher-suites'],
  visibleTo: 'sslscan --no-colour {ipv4}:{https}',
  apply: { weakHandshake: 'ssl3', rsaCertificate: true },
}
