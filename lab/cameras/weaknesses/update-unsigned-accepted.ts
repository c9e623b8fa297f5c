import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'update-unsigned-accepted',
  title: {
    en: 'An update whose signature is missing or all zero is installed',
    vi: 'Cài đặt gói cập nhật thiếu chữ ký hoặc có chữ ký toàn số 0',
  },
  criteria: ['update-integrity/unsigned-update-refused'],
  undecided: [
    'update-integrity/foreign-key-update-refused',
    'update-integrity/other-model-update-refused',
    'update-integrity/upload-needs-login',
    'update-integrity/settings-kept',
    'update-integrity/installation-logged',
  ],
  visibleTo: 'curl -sk --digest -u {user}:{password} --data-binary @unsigned.csfw https://{ipv4}:{https}/api/update',
  apply: { updateChecksMissingSignature: false },
}
