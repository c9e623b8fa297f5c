import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'update-unlogged',
  title: {
    en: 'An installed update leaves no record',
    vi: 'Không ghi nhật ký khi cài bản cập nhật',
  },
  criteria: ['update-integrity/installation-logged'],
  visibleTo: 'curl -sk --digest -u {user}:{password} https://{ipv4}:{https}/api/log',
  apply: { logsInstalledUpdates: false },
}
