import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'trusts-any-certificate',
  title: {
    en: 'The log server may show any certificate',
    vi: 'Máy chủ nhật ký có thể đưa ra bất kỳ chứng thư nào',
  },
  criteria: ['encryption/server-certificate-checked'],
  visibleTo: 'self-proved',
  apply: { checksServer: { authority: false, name: false, dates: false } },
}
