import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'session-survives-log-out',
  title: {
    en: 'A log-out takes the cookie from the browser; the session goes on',
    vi: 'Đăng xuất chỉ xóa cookie ở trình duyệt; phiên vẫn còn hiệu lực',
  },
  criteria: ['authentication/session-ends-at-log-out'],
  visibleTo: 'curl -sk -b cookies-of-before-the-log-out https://{ipv4}:{https}/account',
  apply: { logOutEndsSession: false },
}
