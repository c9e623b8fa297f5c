import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'update-anonymous-upload',
  title: {
    en: 'An update can be uploaded without a log-in',
    vi: 'Tải gói cập nhật lên được mà không cần đăng nhập',
  },
  criteria: ['update-integrity/upload-needs-login'],
  undecided: [
    'update-integrity/altered-update-refused',
    'update-integrity/truncated-update-refused',
    'update-integrity/unsigned-update-refused',
    'update-integrity/foreign-key-update-refused',
    'update-integrity/other-model-update-refused',
    'update-integrity/settings-kept',
    'update-integrity/older-update-refused',
    'update-integrity/refusal-logged',
    'update-integrity/installation-logged',
  ],
  visibleTo: 'curl -sk --data-binary @genuine.csfw https://{ipv4}:{https}/api/update',
  apply: { updateNeedsLogin: false },
}
