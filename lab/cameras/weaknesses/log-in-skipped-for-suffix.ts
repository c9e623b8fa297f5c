import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'log-in-skipped-for-suffix',
  title: {
    en: 'An address that ends like a style sheet asks for no log-in',
    vi: 'Địa chỉ có đuôi giống tệp định dạng trang không yêu cầu đăng nhập',
  },
  criteria: ['authentication/no-anonymous-access'],
  visibleTo: 'curl -sk https://{ipv4}:{https}/api/users/x.css',
  apply: { skipsLogInForStyles: true },
}
