import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'onvif-open-operations',
  title: {
    en: 'Users and log are given over ONVIF without log-in',
    vi: 'Danh sách người dùng và nhật ký được cung cấp qua ONVIF khi chưa đăng nhập',
  },
  criteria: ['authentication/onvif-operations-protected', 'exposed-ports/no-information-before-login'],
  visibleTo:
    'curl -sk -H Content-Type:application/soap+xml -d @get-users.xml https://{ipv4}:{https}/onvif/device_service',
  apply: { openOperations: ['GetUsers', 'GetSystemLog'] },
}
