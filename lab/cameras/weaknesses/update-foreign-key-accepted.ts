import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'update-foreign-key-accepted',
  title: {
    en: 'An update is verified with the key that it brings itself',
    vi: 'Kiểm tra chữ ký gói cập nhật bằng chính khóa nằm trong gói đó',
  },
  criteria: ['update-integrity/foreign-key-update-refused'],
  undecided: [
    'update-integrity/other-model-update-refused',
    'update-integrity/upload-needs-login',
    'update-integrity/settings-kept',
    'update-integrity/installation-logged',
  ],
  visibleTo: 'curl -sk --digest -u {user}:{password} --data-binary @foreignKey.csfw https://{ipv4}:{https}/api/update',
  apply: { updateTrustsOwnSigner: true },
}
