import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'log-cleared-by-viewer',
  title: {
    en: 'A viewer can empty the log',
    vi: 'Người chỉ có quyền xem vẫn xóa được nhật ký',
  },
  criteria: ['logging/log-not-clearable-by-viewer'],
  visibleTo: 'curl -sk --digest -u {user}:{password} -X DELETE https://{ipv4}:{https}/api/log',
  apply: { viewersClearLog: true },
}
