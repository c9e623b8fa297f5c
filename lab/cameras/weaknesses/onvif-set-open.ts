import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'onvif-set-open',
  title: {
    en: 'A setting is taken over ONVIF without log-in',
    vi: 'Nhận thay đổi thiết lập qua ONVIF khi chưa đăng nhập',
  },
  criteria: ['authentication/no-anonymous-changes'],
  visibleTo:
    'curl -sk -H Content-Type:application/soap+xml -d @set-hostname.xml https://{ipv4}:{https}/onvif/device_service',
  apply: { openOperations: ['SetHostname'] },
}
