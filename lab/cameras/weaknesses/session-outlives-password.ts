import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'session-outlives-password',
  title: {
    en: 'Whoever is logged in stays so when the password is changed',
    vi: 'Người đang đăng nhập vẫn giữ được phiên sau khi mật khẩu bị đổi',
  },
  criteria: ['authentication/session-ends-at-password-change'],
  visibleTo: 'curl -sk -b cookies-of-before-the-change https://{ipv4}:{https}/account',
  apply: { newPasswordEndsSessions: false },
}
