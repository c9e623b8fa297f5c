import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'update-altered-accepted',
  title: {
    en: 'Neither signature nor hash of an update is checked',
    vi: 'Không kiểm tra chữ ký lẫn giá trị băm của gói cập nhật',
  },
  criteria: ['update-integrity/altered-update-refused'],
  visibleTo: 'curl -sk --digest -u {user}:{password} --data-binary @altered.csfw https://{ipv4}:{https}/api/update',
  apply: { updateChecksContent: false },
}
