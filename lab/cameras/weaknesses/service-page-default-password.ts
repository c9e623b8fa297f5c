import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'service-page-default-password',
  title: {
    en: 'A page for technicians that is declared nowhere takes the factory password',
    vi: 'Trang dành cho kỹ thuật viên không được khai báo nhận mật khẩu xuất xưởng',
  },
  criteria: ['authentication/no-default-credentials'],
  undecided: ['authentication/login-lockout', 'encryption/login-encrypted'],
  visibleTo: 'curl -s --digest -u admin:admin http://{ipv4}:{http}/',
  apply: { servicePage: true, factoryPasswordWorks: ['http'] },
}
