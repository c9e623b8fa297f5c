import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'accounts-unlogged',
  title: {
    en: 'Accounts are made, changed and removed without a record',
    vi: 'Tài khoản được tạo, sửa và xóa mà không ghi nhật ký',
  },
  criteria: ['logging/account-change-recorded'],
  visibleTo: 'self-proved',
  apply: { unlogged: ['user-added', 'user-removed', 'password-changed'] },
}
