import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'no-rtsp-lockout',
  title: {
    en: 'Any number of wrong passwords may be tried over RTSP',
    vi: 'Cho phép thử sai mật khẩu qua RTSP không giới hạn số lần',
  },
  criteria: ['authentication/rtsp-login-lockout'],
  visibleTo: 'ffprobe -v error -rtsp_transport tcp rtsp://{user}:{password}@{ipv4}:{rtsp}/live/main',
  apply: { locksOver: ['https', 'http', 'onvif', 'ssh'] },
}
