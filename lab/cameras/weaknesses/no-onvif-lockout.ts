import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'no-onvif-lockout',
  title: {
    en: 'Any number of wrong passwords may be tried over ONVIF',
    vi: 'Cho phép thử sai mật khẩu qua ONVIF không giới hạn số lần',
  },
  criteria: ['authentication/onvif-login-lockout'],
  visibleTo:
    'curl -sk --digest -u {user}:{password} -H Content-Type:application/soap+xml -d @get-device-information.xml https://{ipv4}:{https}/onvif/device_service',
  apply: { locksOver: ['https', 'http', 'rtsp', 'ssh'] },
}
