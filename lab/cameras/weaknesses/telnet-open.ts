import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'telnet-open',
  title: {
    en: 'An undeclared telnet server listens on IPv4',
    vi: 'Máy chủ telnet không được khai báo đang mở trên IPv4',
  },
  criteria: [
    'exposed-ports/undeclared-tcp-ports',
    'exposed-ports/no-insecure-services',
    'authentication/no-default-remote-credentials',
    'authentication/no-anonymous-remote-access',
    'authentication/remote-login-lockout',
    'encryption/no-plain-remote-login',
  ],
  visibleTo: 'nmap -Pn -sV -p 2323 {ipv4}',
  apply: { telnetPort: 2323 },
}
