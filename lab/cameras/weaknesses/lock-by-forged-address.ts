import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'lock-by-forged-address',
  title: {
    en: 'The lock can be got round by a forged X-Forwarded-For header',
    vi: 'Có thể né việc khóa bằng tiêu đề X-Forwarded-For giả mạo',
  },
  criteria: ['authentication/lockout-not-evaded'],
  visibleTo:
    'curl -sk --digest -u {user}:{password} -H "X-Forwarded-For: 192.0.2.77" https://{ipv4}:{https}/api/device',
  apply: { believesForwarded: true },
}
