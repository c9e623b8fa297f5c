import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'ntp-origin-unchecked',
  title: {
    en: 'Answers of a time server are taken whether or not they belong to a request',
    vi: 'Chấp nhận trả lời của máy chủ giờ dù không ứng với yêu cầu nào đã gửi',
  },
  criteria: ['logging/time-from-checked-ntp'],
  visibleTo: 'self-proved',
  apply: { checksTimeOrigin: false },
}
