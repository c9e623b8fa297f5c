import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'update-rollback-accepted',
  title: {
    en: 'A genuine older firmware is installed over a newer one',
    vi: 'Cài đặt firmware cũ hợp lệ đè lên phiên bản mới hơn',
  },
  criteria: ['update-integrity/older-update-refused'],
  visibleTo: 'curl -sk --digest -u {user}:{password} --data-binary @older.csfw https://{ipv4}:{https}/api/update',
  apply: { updateRefusesOlder: false },
}
