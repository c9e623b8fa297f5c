import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'update-interrupted-accepted',
  title: {
    en: 'An update whose upload breaks off is installed as far as it came',
    vi: 'Gói cập nhật bị ngắt khi đang tải lên vẫn được cài phần đã nhận',
  },
  criteria: ['update-integrity/truncated-update-refused'],
  // It comes last among the bad packages; what follows no longer starts from the version before.
  undecided: [
    'update-integrity/upload-needs-login',
    'update-integrity/settings-kept',
    'update-integrity/installation-logged',
  ],
  visibleTo: 'self-proved',
  apply: { updateWritesUnfinished: true },
}
