import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'update-altered-accepted',
  title: {
    en: 'Neither signature nor hash of an update is checked',
    vi: 'Không kiểm tra chữ ký lẫn giá trị băm của gói cập nhật',
  },
  criteria: ['update-integrity/altered-update-refused'],
  undecided: [
    'update-integrity/truncated-update-refused',
    'update-integrity/unsigned-update-refused',
    'update-integrity/foreign-key-update-refused',
    'update-integrity/other-model-update-refused',
    'update-integrity/upload-needs-login',
    'update-integrity/settings-kept',
    'update-integrity/refusal-logged',
    'update-integrity/installation-logged',
  ],
  visibleTo: 'curl -sk --digest -u {user}:{password} --data-binary @altered.csfw https://{ipv4}:{https}/api/update',
  apply: { updateChecksContent: false },
}
