import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'debug-port-ipv6',
  title: {
    en: 'An undeclared debug port listens on IPv6 only',
    vi: 'Cổng gỡ lỗi không được khai báo chỉ mở trên IPv6',
  },
  criteria: ['exposed-ports/undeclared-tcp-ports', 'exposed-ports/no-insecure-services'],
  // A prompt that runs no command: what it gives away is not known.
  undecided: ['authentication/no-anonymous-remote-access'],
  visibleTo: 'nmap -6 -Pn -p 9527 {ipv6}',
  apply: { ipv6DebugPort: 9527 },
}
