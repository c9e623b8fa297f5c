import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'snmp-public',
  title: {
    en: 'An undeclared SNMP agent answers the community "public"',
    vi: 'Dịch vụ SNMP không được khai báo trả lời chuỗi cộng đồng "public"',
  },
  criteria: ['exposed-ports/undeclared-udp-services', 'exposed-ports/no-insecure-services'],
  visibleTo: 'nmap -sU -Pn -p 161 --script snmp-sysdescr {ipv4}',
  apply: { snmpAgent: true },
}
