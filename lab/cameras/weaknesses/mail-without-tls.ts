import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'mail-without-tls',
  title: {
    en: 'Mail is sent in clear where the server offers no TLS',
    vi: 'Gửi thư dạng rõ khi máy chủ không đề nghị TLS',
  },
  criteria: ['encryption/server-certificate-checked'],
  visibleTo: 'self-proved',
  apply: { mailNeedsTls: false },
}
