import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'serial-as-hostname',
  title: {
    en: 'The host name that ONVIF tells before a log-in is the serial number',
    vi: 'Tên máy mà ONVIF cho biết trước khi đăng nhập là số sê-ri',
  },
  criteria: ['exposed-ports/no-information-before-login'],
  visibleTo:
    'curl -sk -H Content-Type:application/soap+xml -d @get-hostname.xml https://{ipv4}:{https}/onvif/device_service',
  apply: { hostnameNamesUnit: true },
}
