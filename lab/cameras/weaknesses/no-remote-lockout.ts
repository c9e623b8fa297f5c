import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'no-remote-lockout',
  title: {
    en: 'Any number of wrong passwords may be tried over SSH',
    vi: 'Cho phép thử sai mật khẩu qua SSH không giới hạn số lần',
  },
  criteria: ['authentication/remote-login-lockout'],
  beside: 'ssh',
  visibleTo: 'sshpass -p {password} ssh -p {ssh} {user}@{ipv4} id',
  apply: { locksOver: ['https', 'http', 'rtsp', 'onvif'] },
}
