import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'update-online-unchecked',
  title: {
    en: 'What comes from the update server is installed without a look at its signature',
    vi: 'Gói tải từ máy chủ cập nhật được cài đặt mà không xem chữ ký',
  },
  criteria: ['update-integrity/altered-update-refused'],
  undecided: [
    'update-integrity/truncated-update-refused',
    'update-integrity/unsigned-update-refused',
    'update-integrity/foreign-key-update-refused',
    'update-integrity/other-model-update-refused',
    'update-integrity/settings-kept',
    'update-integrity/refusal-logged',
    'update-integrity/installation-logged',
  ],
  visibleTo: 'self-proved',
  apply: { updateChecksDownloads: false },
}
