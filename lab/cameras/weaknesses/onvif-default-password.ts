import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'onvif-default-password',
  title: {
    en: 'The factory password still works over ONVIF after set-up',
    vi: 'Mật khẩu xuất xưởng vẫn dùng được qua ONVIF sau khi thiết lập',
  },
  criteria: ['authentication/no-default-onvif-credentials'],
  visibleTo: 'curl -sk --digest -u admin:admin -d @get-users.xml https://{ipv4}:{https}/onvif/device_service',
  apply: { factoryPasswordWorks: ['onvif'] },
}
