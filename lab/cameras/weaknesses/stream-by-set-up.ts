import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'stream-by-set-up',
  title: {
    en: 'A stream is described for a log-in only, and set up and played without',
    vi: 'Chỉ bước mô tả luồng hình yêu cầu đăng nhập, còn thiết lập và phát thì không',
  },
  criteria: ['authentication/no-anonymous-stream'],
  visibleTo:
    "printf 'SETUP rtsp://{ipv4}:{rtsp}/live/main/trackID=0 RTSP/1.0\\r\\nCSeq: 1\\r\\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\\r\\n\\r\\n' | nc {ipv4} {rtsp}",
  apply: { setUpNeedsLogIn: false },
}
