import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'syslog-silent',
  title: {
    en: 'Nothing is ever sent to the syslog server',
    vi: 'Không gửi bất kỳ bản ghi nào tới máy chủ syslog',
  },
  // Without any record the channel is unproven: no violation can be confirmed (control on the same path).
  criteria: [],
  undecided: [
    'logging/failed-login-recorded',
    'update-integrity/refusal-logged',
    'update-integrity/installation-logged',
  ],
  visibleTo: 'self-proved',
  apply: { sendsSyslog: false },
}
