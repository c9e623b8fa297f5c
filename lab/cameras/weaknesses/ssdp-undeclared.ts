import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'ssdp-undeclared',
  title: {
    en: 'An undeclared SSDP responder tells everybody that the camera is there',
    vi: 'Dịch vụ SSDP không được khai báo thông báo sự có mặt của camera cho mọi máy',
  },
  criteria: ['exposed-ports/undeclared-udp-services'],
  visibleTo: 'nmap -sU -Pn -p 1900 --script upnp-info {ipv4}',
  apply: { ssdpResponder: true },
}
