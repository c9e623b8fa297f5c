import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'tells-users',
  title: {
    en: 'The web log-in says that a user does not exist',
    vi: 'Đăng nhập web cho biết người dùng không tồn tại',
  },
  criteria: ['authentication/no-user-enumeration'],
  visibleTo: 'curl -sk --digest -u nobody:x https://{ipv4}:{https}/api/device',
  apply: { tellsUsers: true },
}
