import type { Regulation } from '../../suites/regulation.ts'
import type { LockRule } from './options.ts'

const DAY_S = 86_400
const bilingual = (en: string, vi: string) => ({ en, vi })

/**
 * The core checks as they are asked of a software camera whose locks last seconds, so that nobody waits for minutes: as
 * many guesses a day as such a lock leaves and half as many again. A regulation of its own, and its report says so.
 */
export function forShortLocks(core: Regulation, { failures, lockSeconds }: LockRule): Regulation {
  const guessesPerDay = Math.ceil((1.5 * DAY_S * failures) / lockSeconds)
  return {
    ...core,
    id: `${core.id}-short-locks`,
    title: bilingual(
      `${core.title.en}, for a software camera with locks of seconds`,
      `${core.title.vi}, dành cho camera phần mềm chỉ khóa vài giây`,
    ),
    note: bilingual(
      `${core.note.en} Only one number is another one than there: ${guessesPerDay} passwords a day may be tried, since the camera of a demonstration locks for ${lockSeconds} s. A real camera is not judged by it.`,
      `${core.note.vi} Chỉ một con số khác với bộ gốc: mỗi ngày được thử ${guessesPerDay} mật khẩu, vì camera trình diễn chỉ khóa ${lockSeconds} giây. Camera thật không được đánh giá theo số này.`,
    ),
    clauses: core.clauses.map((clause) => ({
      ...clause,
      ...(clause.criteria && {
        criteria: clause.criteria.map((demand) =>
          demand.parameters && 'guessesPerDay' in demand.parameters
            ? { ...demand, parameters: { ...demand.parameters, guessesPerDay } }
            : demand,
        ),
      }),
    })),
  }
}
