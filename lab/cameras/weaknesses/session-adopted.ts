import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'session-adopted',
  title: {
    en: 'A log-in keeps the session cookie that the client brought',
    vi: 'Đăng nhập giữ nguyên cookie phiên do phía người dùng gửi đến',
  },
  criteria: ['authentication/session-renewed-at-log-in'],
  visibleTo:
    'curl -ski -b camera-session=brought-along -d user={user} --data-urlencode password={password} https://{ipv4}:{https}/login',
  apply: { adoptsIdentifiers: true },
}
