import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'log-settings-unlogged',
  title: {
    en: 'The log server is changed or switched off without a record',
    vi: 'Máy chủ nhật ký bị đổi hoặc bị tắt mà không ghi nhật ký',
  },
  criteria: ['logging/log-settings-change-recorded'],
  visibleTo: 'curl -sk --digest -u {user}:{password} https://{ipv4}:{https}/api/log',
  apply: { unlogged: ['log-settings-changed'] },
}
