import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'another-unit',
  title: {
    en: 'The unit on the bench has another serial number than the declared one',
    vi: 'Thiết bị trên bàn thử có số sê-ri khác với số đã khai',
  },
  criteria: ['update-integrity/unit-as-declared'],
  visibleTo: 'curl -sk --digest -u {user}:{password} https://{ipv4}:{https}/api/device',
  apply: { foreignSerial: 'ANOTHER-UNIT-7' },
}
