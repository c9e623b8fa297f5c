import type { Manner } from '../manner.ts'

/** Refuses with status 200 and an error page; only who presents nothing to the API gets the honest 401 with a challenge. */
export const manner: Manner = {
  id: 'lies-with-200',
  title: { en: 'refuses with status 200 and an error page', vi: 'từ chối bằng mã 200 kèm trang báo lỗi' },
  apply: { refusesWith200: true },
}
