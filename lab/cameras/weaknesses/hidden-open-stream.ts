import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'hidden-open-stream',
  title: {
    en: 'An undeclared RTSP path gives the stream without log-in',
    vi: 'Một đường dẫn RTSP không được khai báo cung cấp luồng mà không cần đăng nhập',
  },
  criteria: ['authentication/no-anonymous-stream'],
  visibleTo: 'ffprobe -v error -rtsp_transport tcp rtsp://{ipv4}:{rtsp}/live/debug',
  apply: { hiddenStream: '/live/debug' },
}
