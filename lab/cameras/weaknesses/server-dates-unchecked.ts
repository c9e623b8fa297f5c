import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'server-dates-unchecked',
  title: {
    en: 'The certificate of the log server may have expired',
    vi: 'Chứng thư của máy chủ nhật ký có thể đã hết hạn',
  },
  criteria: ['encryption/server-certificate-checked'],
  visibleTo: 'self-proved',
  apply: { checksServer: { authority: true, name: true, dates: false } },
}
