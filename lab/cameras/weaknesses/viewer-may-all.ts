import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'viewer-may-all',
  title: {
    en: 'A viewer reads and does what only administrators may',
    vi: 'Người chỉ xem đọc và làm được những gì chỉ dành cho quản trị viên',
  },
  criteria: ['authentication/viewer-rights'],
  visibleTo: 'curl -sk --digest -u {user}:{password} https://{ipv4}:{https}/api/users',
  apply: { viewersMayAll: true },
}
