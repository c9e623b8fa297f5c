import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'lock-too-brief',
  title: {
    en: 'A lock lasts less than a second, so that guessing hardly stops',
    vi: 'Việc khóa chưa đến một giây nên việc dò mật khẩu hầu như không bị ngăn',
  },
  criteria: ['authentication/login-lockout', 'authentication/rtsp-login-lockout'],
  undecided: ['authentication/lockout-not-evaded', 'authentication/onvif-login-lockout'],
  visibleTo: 'curl -sk --digest -u {user}:{password} https://{ipv4}:{https}/api/device',
  apply: { lockInTruth: { lockSeconds: 0.6 } },
}
