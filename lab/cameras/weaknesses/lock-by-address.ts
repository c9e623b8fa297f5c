import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'lock-by-address',
  title: {
    en: 'The account is locked for one address only, although a lock of the account is declared',
    vi: 'Tài khoản chỉ bị khóa đối với một địa chỉ, dù khai báo là khóa tài khoản',
  },
  criteria: ['authentication/login-lockout', 'authentication/rtsp-login-lockout'],
  visibleTo: 'curl -sk --digest -u {user}:{password} https://[{ipv6}]:{https}/api/device',
  apply: { locksByAddress: true },
}
