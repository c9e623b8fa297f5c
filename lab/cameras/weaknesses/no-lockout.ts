import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'no-lockout',
  title: {
    en: 'Any number of wrong passwords may be tried',
    vi: 'Cho phép thử sai mật khẩu không giới hạn số lần',
  },
  criteria: ['authentication/login-lockout', 'authentication/onvif-login-lockout', 'authentication/rtsp-login-lockout'],
  undecided: ['authentication/lockout-not-evaded'],
  visibleTo: 'curl -sk --digest -u {user}:{password} https://{ipv4}:{https}/api/device',
  apply: { locksOver: [] },
}
