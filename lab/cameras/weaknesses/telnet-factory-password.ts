import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'telnet-factory-password',
  title: {
    en: 'An undeclared telnet server takes admin/admin and gives a shell',
    vi: 'Máy chủ telnet không được khai báo chấp nhận admin/admin và mở giao diện dòng lệnh',
  },
  criteria: [
    'exposed-ports/undeclared-tcp-ports',
    'exposed-ports/no-insecure-services',
    'authentication/no-default-remote-credentials',
    'authentication/no-anonymous-remote-access',
    'authentication/remote-login-lockout',
    'encryption/no-plain-remote-login',
  ],
  visibleTo: 'nmap -Pn -sV -p 2324 {ipv4}',
  apply: { factoryTelnetPort: 2324 },
}
