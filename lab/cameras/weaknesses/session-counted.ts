import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'session-counted',
  title: {
    en: 'Sessions are numbered one after the other',
    vi: 'Các phiên được đánh số lần lượt',
  },
  criteria: ['authentication/session-identifiers'],
  visibleTo: 'curl -ski -d user={user} --data-urlencode password={password} https://{ipv4}:{https}/login',
  apply: { sessionIdentifiers: 'counted' },
}
