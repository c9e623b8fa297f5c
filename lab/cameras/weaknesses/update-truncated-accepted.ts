import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'update-truncated-accepted',
  title: {
    en: 'An update that did not arrive whole is installed unchecked',
    vi: 'Cài đặt gói cập nhật tải lên dở dang mà không kiểm tra',
  },
  criteria: ['update-integrity/truncated-update-refused'],
  undecided: [
    'update-integrity/unsigned-update-refused',
    'update-integrity/foreign-key-update-refused',
    'update-integrity/other-model-update-refused',
    'update-integrity/upload-needs-login',
    'update-integrity/settings-kept',
    'update-integrity/installation-logged',
  ],
  visibleTo: 'curl -sk --digest -u {user}:{password} --data-binary @truncated.csfw https://{ipv4}:{https}/api/update',
  apply: { updateRefusesTruncated: false },
}
