import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'log-export-unlogged',
  title: {
    en: 'The log is taken out without a record',
    vi: 'Nhật ký bị xuất ra mà không ghi nhật ký',
  },
  criteria: ['logging/log-export-recorded'],
  visibleTo: 'curl -sk --digest -u {user}:{password} https://{ipv4}:{https}/api/log',
  apply: { unlogged: ['log-exported'] },
}
