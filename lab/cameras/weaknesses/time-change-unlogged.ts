import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'time-change-unlogged',
  title: {
    en: 'The clock is set without a record',
    vi: 'Đồng hồ bị chỉnh mà không ghi nhật ký',
  },
  criteria: ['logging/time-change-recorded'],
  visibleTo: 'curl -sk --digest -u {user}:{password} https://{ipv4}:{https}/api/log',
  apply: { unlogged: ['time-changed'] },
}
