import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'anonymous-stream',
  title: {
    en: 'The declared RTSP streams are given without log-in',
    vi: 'Các luồng RTSP đã khai báo được cung cấp mà không cần đăng nhập',
  },
  criteria: ['authentication/no-anonymous-stream'],
  visibleTo: 'ffprobe -v error -rtsp_transport tcp rtsp://{ipv4}:{rtsp}/live/main',
  apply: { anonymousStreams: true },
}
