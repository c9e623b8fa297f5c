import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'update-resets-settings',
  title: {
    en: 'An update removes accounts and the log server',
    vi: 'Bản cập nhật xóa tài khoản và máy chủ nhật ký đã thiết lập',
  },
  criteria: ['update-integrity/settings-kept'],
  visibleTo: 'curl -sk --digest -u {user}:{password} --data-binary @genuine.csfw https://{ipv4}:{https}/api/update',
  apply: { updateKeepsSettings: false },
}
