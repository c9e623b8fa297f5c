import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'login-unlogged',
  title: {
    en: 'Successful log-ins are not recorded',
    vi: 'Không ghi nhật ký các lần đăng nhập thành công',
  },
  criteria: ['logging/successful-login-recorded'],
  // The entries that are looked for after the reboot are those of a log-in.
  undecided: ['logging/kept-over-reboot'],
  visibleTo: 'self-proved',
  apply: { unlogged: ['login-succeeded'] },
}
