import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'syslog-silent',
  title: {
    en: 'Nothing is ever sent to the syslog server',
    vi: 'Không gửi bất kỳ bản ghi nào tới máy chủ syslog',
  },
  criteria: ['logging/failed-login-recorded'],
  visibleTo: 'self-proved',
  apply: { sendsSyslog: false },
}
