import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'onvif-text-password',
  title: {
    en: 'ONVIF also answers over plain HTTP and takes the password itself in a username token',
    vi: 'ONVIF cũng trả lời qua HTTP không mã hóa và nhận chính mật khẩu trong mã tên người dùng',
  },
  criteria: ['authentication/no-basic-in-clear'],
  undecided: ['authentication/no-default-onvif-credentials', 'authentication/onvif-token-replay-refused'],
  visibleTo: 'curl -s -d @get-users-password-text.xml http://{ipv4}:{http}/onvif/device_service',
  apply: { clearOnvif: true },
}
