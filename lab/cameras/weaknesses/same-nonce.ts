import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'same-nonce',
  title: {
    en: 'Every challenge carries the same nonce',
    vi: 'Mọi lần yêu cầu xác thực đều dùng cùng một nonce',
  },
  criteria: ['authentication/nonce-unique'],
  visibleTo: 'curl -ski https://{ipv4}:{https}/api/device',
  apply: { nonces: 'same' },
}
