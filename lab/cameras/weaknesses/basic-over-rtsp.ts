import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'basic-over-rtsp',
  title: {
    en: 'RTSP also asks for the password in clear, as Basic',
    vi: 'RTSP còn yêu cầu mật khẩu dạng rõ bằng Basic',
  },
  criteria: ['authentication/no-basic-in-clear', 'authentication/digest-strength'],
  visibleTo: 'ffprobe -v debug -rtsp_transport tcp rtsp://{ipv4}:{rtsp}/live/main',
  apply: { basicOver: ['rtsp'] },
}
