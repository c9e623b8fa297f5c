import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'update-refusal-unlogged',
  title: {
    en: 'A refused update leaves no record',
    vi: 'Không ghi nhật ký khi từ chối gói cập nhật',
  },
  criteria: ['update-integrity/refusal-logged'],
  visibleTo: 'curl -sk --digest -u {user}:{password} https://{ipv4}:{https}/api/log',
  apply: { logsRefusedUpdates: false },
}
