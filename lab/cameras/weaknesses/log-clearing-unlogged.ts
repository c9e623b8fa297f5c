import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'log-clearing-unlogged',
  title: {
    en: 'Emptying the log leaves no record',
    vi: 'Không ghi nhật ký việc xóa nhật ký',
  },
  criteria: ['logging/clearing-recorded'],
  visibleTo: 'curl -sk --digest -u {user}:{password} https://{ipv4}:{https}/api/log',
  apply: { unlogged: ['log-cleared'] },
}
