import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'lock-admits-right-password',
  title: {
    en: 'A locked account still accepts the right password, so guessing goes on during the lock',
    vi: 'Tài khoản đang bị khóa vẫn chấp nhận mật khẩu đúng, nên vẫn dò được mật khẩu',
  },
  criteria: ['authentication/login-lockout', 'authentication/onvif-login-lockout', 'authentication/rtsp-login-lockout'],
  undecided: ['authentication/lockout-not-evaded'],
  visibleTo: 'curl -sk --digest -u {user}:{password} https://{ipv4}:{https}/api/device',
  apply: { lockRefusesRightPassword: false },
}
