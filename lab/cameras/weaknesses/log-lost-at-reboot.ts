import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'log-lost-at-reboot',
  title: {
    en: 'The log is held in memory only and lost at a reboot',
    vi: 'Nhật ký chỉ nằm trong bộ nhớ tạm và mất khi khởi động lại',
  },
  criteria: ['logging/kept-over-reboot'],
  visibleTo: 'self-proved',
  apply: { keepsLogOverReboot: false },
}
