import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'settings-unlogged',
  title: {
    en: 'Changed settings are not recorded',
    vi: 'Không ghi nhật ký việc thay đổi cấu hình',
  },
  criteria: ['logging/settings-change-recorded'],
  visibleTo: 'self-proved',
  apply: { unlogged: ['setting-changed'] },
}
