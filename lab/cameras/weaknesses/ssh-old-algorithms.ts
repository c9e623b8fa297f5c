import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'ssh-old-algorithms',
  title: {
    en: 'An undeclared SSH server offers algorithms of the nineties',
    vi: 'Máy chủ SSH không được khai báo chào các thuật toán của thập niên 1990',
  },
  criteria: [
    'exposed-ports/undeclared-tcp-ports',
    'authentication/no-default-remote-credentials',
    'authentication/no-anonymous-remote-access',
    'authentication/remote-login-lockout',
    'encryption/no-plain-remote-login',
    'encryption/ssh-algorithms',
  ],
  visibleTo: 'nmap -Pn --script ssh2-enum-algos -p 2222 {ipv4}',
  apply: { oldSshPort: 2222 },
}
