import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'default-password-rtsp',
  title: {
    en: 'The factory password still opens the RTSP streams after set-up',
    vi: 'Mật khẩu xuất xưởng vẫn mở được luồng RTSP sau khi thiết lập',
  },
  criteria: ['authentication/no-default-rtsp-credentials'],
  visibleTo: 'ffprobe -v error -rtsp_transport tcp rtsp://admin:admin@{ipv4}:{rtsp}/live/main',
  apply: { factoryPasswordWorks: ['rtsp'] },
}
