import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'tls-compression',
  title: {
    en: 'Compression of TLS is accepted',
    vi: 'Chấp nhận nén trong TLS',
  },
  criteria: ['encryption/tls-compression-off'],
  visibleTo: 'nmap -Pn -n --script ssl-enum-ciphers -p {https} {ipv4}',
  apply: { weakHandshake: 'compression' },
}
