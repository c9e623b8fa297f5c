import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'anonymous-snapshot',
  title: {
    en: 'The snapshot is given without log-in',
    vi: 'Ảnh chụp được cung cấp mà không cần đăng nhập',
  },
  criteria: ['authentication/no-anonymous-access'],
  visibleTo: 'curl -sk https://{ipv4}:{https}/snapshot.jpg',
  apply: { anonymousSnapshot: true },
}
