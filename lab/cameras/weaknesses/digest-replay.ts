import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'digest-replay',
  title: {
    en: 'A used Digest answer opens the streams again, on any connection',
    vi: 'Câu trả lời Digest đã dùng vẫn mở được luồng hình lần nữa, trên bất kỳ kết nối nào',
  },
  criteria: ['authentication/nonce-unique'],
  visibleTo: 'self-proved',
  apply: { nonces: 'replayable' },
}
