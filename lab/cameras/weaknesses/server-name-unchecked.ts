import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'server-name-unchecked',
  title: {
    en: 'The certificate of the log server may be that of another server',
    vi: 'Chứng thư của máy chủ nhật ký có thể là của máy chủ khác',
  },
  criteria: ['encryption/server-certificate-checked'],
  visibleTo: 'self-proved',
  apply: { checksServer: { authority: true, name: false, dates: true } },
}
