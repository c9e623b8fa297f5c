import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'media-beside-tls',
  title: {
    en: 'RTSP over TLS, but the video comes beside it in clear',
    vi: 'RTSP qua TLS, nhưng video được gửi bên ngoài ở dạng rõ',
  },
  criteria: ['encryption/media-encrypted'],
  manners: ['modern-only'],
  visibleTo: 'self-proved',
  apply: { interleaves: false },
}
