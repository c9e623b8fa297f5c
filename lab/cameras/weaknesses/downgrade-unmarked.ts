import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'downgrade-unmarked',
  title: {
    en: 'A forced downgrade from TLS 1.3 to TLS 1.2 goes unnoticed',
    vi: 'Việc bị ép hạ cấp từ TLS 1.3 xuống TLS 1.2 không bị phát hiện',
  },
  criteria: ['encryption/tls-downgrade-refused'],
  visibleTo: 'sslscan --no-colour {ipv4}:{https}',
  apply: { weakHandshake: 'downgrade' },
}
