import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'calls-relay',
  title: {
    en: 'The camera tells a relay that nobody declared that it is there',
    vi: 'Camera tự liên lạc với máy chủ trung gian không được khai báo',
  },
  criteria: ['exposed-ports/no-undeclared-contacts'],
  visibleTo: 'timeout 10 tcpdump -i any -n -c 1 src host {ipv4} and udp dst port 32100',
  apply: { callsRelay: true },
}
