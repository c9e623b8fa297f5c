import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'old-digest',
  title: {
    en: 'RTSP asks for MD5 Digest without qop and for nothing better',
    vi: 'RTSP chỉ yêu cầu Digest MD5 không có qop, không có phương thức tốt hơn',
  },
  criteria: ['authentication/digest-strength'],
  visibleTo: 'ffprobe -v debug -rtsp_transport tcp rtsp://{ipv4}:{rtsp}/live/main',
  apply: { oldDigestOver: ['rtsp'] },
}
