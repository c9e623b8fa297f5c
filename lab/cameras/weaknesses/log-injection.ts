import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'log-injection',
  title: {
    en: 'User names are written into syslog records as they come, line breaks included',
    vi: 'Tên người dùng được ghi nguyên vào bản ghi syslog, kể cả ký tự xuống dòng',
  },
  criteria: ['logging/injection-safe'],
  visibleTo: 'self-proved',
  apply: { encodesLogValues: false },
}
