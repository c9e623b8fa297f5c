import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'serial-in-banner',
  title: {
    en: 'Every web answer names the firmware version and the serial number before a log-in',
    vi: 'Mọi câu trả lời web đều nêu phiên bản firmware và số sê-ri trước khi đăng nhập',
  },
  criteria: ['exposed-ports/no-information-before-login'],
  visibleTo: 'curl -sik https://{ipv4}:{https}/',
  apply: { bannerNamesUnit: true },
}
