import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'ftp-anonymous',
  title: {
    en: 'An undeclared FTP server lets anonymous users in',
    vi: 'Máy chủ FTP không được khai báo cho người dùng ẩn danh đăng nhập',
  },
  criteria: [
    'exposed-ports/undeclared-tcp-ports',
    'exposed-ports/no-insecure-services',
    'authentication/no-default-remote-credentials',
    'authentication/no-anonymous-remote-access',
    'authentication/remote-login-lockout',
    'encryption/no-plain-remote-login',
  ],
  visibleTo: 'nmap -Pn --script ftp-anon -p 2121 {ipv4}',
  apply: { anonymousFtpPort: 2121 },
}
