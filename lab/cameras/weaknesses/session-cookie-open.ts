import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'session-cookie-open',
  title: {
    en: 'The session cookie is sent without TLS as well, and scripts can read it',
    vi: 'Cookie phiên được gửi cả khi không có TLS và tập lệnh đọc được',
  },
  criteria: ['authentication/session-cookie-attributes'],
  visibleTo: 'curl -ski -d user={user} --data-urlencode password={password} https://{ipv4}:{https}/login',
  apply: { sessionCookieAttributes: [] },
}
