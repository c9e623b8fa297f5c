import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'default-password-http',
  title: {
    en: 'The factory password still works in the web interface after set-up',
    vi: 'Mật khẩu xuất xưởng vẫn dùng được trên giao diện web sau khi thiết lập',
  },
  criteria: ['authentication/no-default-credentials'],
  visibleTo: 'curl -sk --digest -u admin:admin https://{ipv4}:{https}/api/device',
  apply: { factoryPasswordWorks: ['https'] },
}
