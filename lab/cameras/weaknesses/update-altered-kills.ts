import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'update-altered-kills',
  title: {
    en: 'An altered update is refused and stops the camera until its power is cut',
    vi: 'Gói cập nhật bị sửa bị từ chối nhưng làm camera ngừng hoạt động cho đến khi ngắt điện',
  },
  criteria: ['update-integrity/altered-update-refused'],
  undecided: [
    'update-integrity/truncated-update-refused',
    'update-integrity/unsigned-update-refused',
    'update-integrity/foreign-key-update-refused',
    'update-integrity/other-model-update-refused',
    'update-integrity/older-update-refused',
    'update-integrity/upload-needs-login',
    'update-integrity/settings-kept',
    'update-integrity/refusal-logged',
    'update-integrity/installation-logged',
  ],
  visibleTo: 'curl -sk --digest -u {user}:{password} --data-binary @altered.csfw https://{ipv4}:{https}/api/update',
  apply: { survivesRefusedUpdates: false },
}
