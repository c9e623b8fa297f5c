import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'web-port-mapped',
  title: {
    en: 'The camera asks the router to open its web port to the Internet',
    vi: 'Camera yêu cầu bộ định tuyến mở cổng web của nó ra Internet',
  },
  criteria: ['exposed-ports/no-port-mappings'],
  visibleTo: 'timeout 10 tcpdump -i any -n -A -c 1 src host {ipv4} and udp dst port 1900',
  apply: { mapsWebPort: true },
}
