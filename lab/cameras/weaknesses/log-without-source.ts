import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'log-without-source',
  title: {
    en: 'Records do not say from which address somebody came',
    vi: 'Bản ghi không cho biết địa chỉ nguồn',
  },
  criteria: ['logging/record-fields'],
  visibleTo: 'self-proved',
  apply: { logsSource: false },
}
