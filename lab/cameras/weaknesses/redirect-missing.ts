import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'redirect-missing',
  title: {
    en: 'The declared redirect from plain HTTP is not there',
    vi: 'Dịch vụ chuyển hướng từ HTTP đã khai báo không hiện diện',
  },
  criteria: ['exposed-ports/declared-services-present'],
  undecided: [
    'exposed-ports/undeclared-tcp-ports',
    'exposed-ports/no-information-before-login',
    'authentication/no-anonymous-access',
    'encryption/login-encrypted',
    'encryption/no-plain-addresses',
  ],
  visibleTo: 'nmap -Pn -p {http} {ipv4}',
  apply: { redirectListens: false },
}
