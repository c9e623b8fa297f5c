import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'session-never-idle',
  title: {
    en: 'A session in which nothing is asked goes on for hours',
    vi: 'Phiên không có yêu cầu nào vẫn kéo dài nhiều giờ',
  },
  criteria: ['authentication/idle-session-ends'],
  visibleTo: 'curl -sk -b cookies-of-long-ago https://{ipv4}:{https}/account',
  apply: { idleEndsSession: false },
}
