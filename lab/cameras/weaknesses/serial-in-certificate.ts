import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'serial-in-certificate',
  title: {
    en: 'The TLS certificate names the serial number',
    vi: 'Chứng thư TLS nêu số sê-ri',
  },
  criteria: ['exposed-ports/no-information-before-login'],
  visibleTo: 'openssl s_client -connect {ipv4}:{https}',
  apply: { certificateNamesUnit: true },
}
