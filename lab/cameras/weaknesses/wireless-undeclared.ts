import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'wireless-undeclared',
  title: {
    en: 'A wireless interface is in use that nobody declares',
    vi: 'Có giao diện không dây đang dùng mà không được khai báo',
  },
  criteria: ['exposed-ports/interfaces-examined'],
  visibleTo:
    'curl -sk --digest -u {user}:{password} -H Content-Type:application/soap+xml -d @get-network-interfaces.xml https://{ipv4}:{https}/onvif/device_service',
  apply: { hasWireless: true },
}
