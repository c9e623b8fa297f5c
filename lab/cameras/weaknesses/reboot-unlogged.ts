import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'reboot-unlogged',
  title: {
    en: 'A reboot leaves no record',
    vi: 'Không ghi nhật ký việc khởi động lại',
  },
  criteria: ['logging/reboot-recorded'],
  visibleTo: 'self-proved',
  apply: { unlogged: ['reboot', 'started'] },
}
