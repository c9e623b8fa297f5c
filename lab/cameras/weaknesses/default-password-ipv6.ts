import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'default-password-ipv6',
  title: {
    en: 'The factory password still works over IPv6 after set-up',
    vi: 'Mật khẩu xuất xưởng vẫn dùng được qua IPv6 sau khi thiết lập',
  },
  criteria: ['authentication/no-default-credentials'],
  visibleTo: 'curl -sk --digest -u admin:admin https://[{ipv6}]:{https}/api/device',
  apply: { factoryPasswordWorks: ['https'], factoryPasswordFrom: 'ipv6' },
}
