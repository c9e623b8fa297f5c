import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'works-before-set-up',
  title: {
    en: 'Out of the box everything works with admin/admin; nobody need change it',
    vi: 'Vừa mở hộp đã dùng được mọi thứ bằng admin/admin; không ai phải đổi mật khẩu',
  },
  criteria: [
    'authentication/first-use-password-change',
    'authentication/no-default-credentials',
    'authentication/no-default-rtsp-credentials',
  ],
  arrives: 'factory-fresh',
  visibleTo: 'curl -sk --digest -u admin:admin https://{ipv4}:{https}/api/device',
  apply: { setUpFirst: false },
}
