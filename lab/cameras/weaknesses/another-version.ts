import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'another-version',
  title: {
    en: 'Another firmware version runs than the declared one',
    vi: 'Phiên bản firmware đang chạy khác với phiên bản đã khai',
  },
  criteria: ['update-integrity/unit-as-declared'],
  visibleTo: 'curl -sk --digest -u {user}:{password} https://{ipv4}:{https}/api/firmware',
  apply: { factoryVersion: '1.3.9' },
}
