import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'failed-login-unlogged',
  title: {
    en: 'Failed log-ins are not recorded',
    vi: 'Không ghi nhật ký các lần đăng nhập thất bại',
  },
  criteria: ['logging/failed-login-recorded'],
  // Nothing shows what becomes of a hostile user name where no failed log-in is recorded.
  undecided: ['logging/injection-safe'],
  visibleTo: 'self-proved',
  apply: { logsFailedLogins: false },
}
