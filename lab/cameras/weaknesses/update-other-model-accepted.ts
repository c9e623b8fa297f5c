import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'update-other-model-accepted',
  title: {
    en: 'An update of another model is installed',
    vi: 'Cài đặt gói cập nhật của model khác',
  },
  criteria: ['update-integrity/other-model-update-refused'],
  undecided: [
    'update-integrity/upload-needs-login',
    'update-integrity/settings-kept',
    'update-integrity/installation-logged',
  ],
  visibleTo: 'curl -sk --digest -u {user}:{password} --data-binary @otherModel.csfw https://{ipv4}:{https}/api/update',
  apply: { updateChecksModel: false },
}
