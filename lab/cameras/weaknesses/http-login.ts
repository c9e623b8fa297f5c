import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'http-login',
  title: {
    en: 'The web interface and its log-in are also offered over plain HTTP',
    vi: 'Giao diện web và chức năng đăng nhập cũng được cung cấp qua HTTP không mã hóa',
  },
  criteria: ['encryption/login-encrypted', 'authentication/session-cookie-attributes'],
  visibleTo: 'curl -s --digest -u {user}:{password} http://{ipv4}:{http}/api/device',
  apply: { apiOverHttp: true },
}
