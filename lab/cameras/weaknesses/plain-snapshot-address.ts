import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'plain-snapshot-address',
  title: {
    en: 'Asked over TLS, ONVIF gives the address of the snapshot without TLS',
    vi: 'Khi được hỏi qua TLS, ONVIF cung cấp địa chỉ ảnh chụp không có TLS',
  },
  criteria: ['encryption/no-plain-addresses'],
  visibleTo:
    'curl -sk --digest -u {user}:{password} -H Content-Type:application/soap+xml -d @get-snapshot-uri.xml https://{ipv4}:{https}/onvif/media_service',
  apply: { plainSnapshotAddress: true },
}
