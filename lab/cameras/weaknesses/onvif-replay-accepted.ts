import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'onvif-replay-accepted',
  title: {
    en: 'A recorded or old username token opens ONVIF',
    vi: 'Mã xác thực đã ghi lại hoặc đã cũ vẫn mở được ONVIF',
  },
  criteria: ['authentication/onvif-token-replay-refused'],
  visibleTo: 'self-proved',
  apply: { checksTokenFreshness: false },
}
