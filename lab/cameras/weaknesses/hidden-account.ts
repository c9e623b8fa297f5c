import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'hidden-account',
  title: {
    en: 'There is an administrator that nobody declares',
    vi: 'Có một quản trị viên không được khai báo',
  },
  criteria: ['authentication/no-undeclared-accounts'],
  visibleTo: 'curl -sk --digest -u {user}:{password} https://{ipv4}:{https}/api/users',
  apply: { hiddenAccount: 'maintenance' },
}
