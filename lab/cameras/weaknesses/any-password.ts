import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'any-password',
  title: {
    en: 'Any password is taken, however short',
    vi: 'Chấp nhận mọi mật khẩu, dù ngắn đến đâu',
  },
  criteria: ['authentication/password-rules'],
  visibleTo:
    'curl -sk --digest -u {user}:{password} -X PUT -d \'{"password":"a"}\' https://{ipv4}:{https}/api/users/spare/password',
  apply: { passwordRules: false },
}
