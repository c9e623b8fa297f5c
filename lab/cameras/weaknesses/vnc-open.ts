import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'vnc-open',
  title: {
    en: 'An undeclared VNC server asks for no log-in',
    vi: 'Máy chủ VNC không được khai báo không yêu cầu đăng nhập',
  },
  criteria: ['exposed-ports/undeclared-tcp-ports', 'exposed-ports/no-insecure-services'],
  visibleTo: 'nmap -Pn -p 5900 --script vnc-info {ipv4}',
  apply: { openScreenPort: 5900 },
}
