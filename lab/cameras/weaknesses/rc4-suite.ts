import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'rc4-suite',
  title: {
    en: 'RC4 is accepted in TLS 1.2',
    vi: 'Chấp nhận RC4 trong TLS 1.2',
  },
  criteria: ['encryption/tls-cipher-suites'],
  visibleTo: 'nmap -Pn -n --script ssl-enum-ciphers -p {https} {ipv4}',
  apply: { weakHandshake: 'rc4', rsaCertificate: true },
}
