import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'log-keeps-passwords',
  title: {
    en: 'New passwords are written into the log in Base64',
    vi: 'Mật khẩu mới được ghi vào nhật ký dưới dạng Base64',
  },
  criteria: ['logging/no-secrets-in-log', 'encryption/no-secrets-on-the-wire'],
  visibleTo: 'self-proved',
  apply: { logsPasswords: true },
}
