/**
 * Dates of the catalog are Viet Nam dates (UTC+7, no daylight saving), because deadlines of its regulations are.
 * Written YYYY-MM-DD, so that they sort as text.
 */
const OFFSET = 7 * 3600 * 1_000_000

/** The date of an instant in microseconds since the epoch. */
export const dateOf = (micros: number): string =>
  new Date(Math.floor((micros + OFFSET) / 1000)).toISOString().slice(0, 10)

/** The time of day of an instant, `14:03:05` in Viet Nam. */
export const clockOf = (micros: number): string =>
  new Date(Math.floor((micros + OFFSET) / 1000)).toISOString().slice(11, 19)

/** A day that exists. */
export const isDate = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) &&
  !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) &&
  new Date(`${text}T00:00:00Z`).toISOString().slice(0, 10) === text

export const plusDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)

/** The last day of a term of whole months that begins on a date: the day before the same day, months later. */
export function lastDayOf(from: string, months: number): string {
  const [year = 0, month = 1, day = 1] = from.split('-').map(Number)
  const first = new Date(Date.UTC(year, month - 1 + months, 1)).toISOString().slice(0, 10)
  const daysInMonth = new Date(Date.UTC(year, month + months, 0)).getUTCDate()
  return plusDays(first, day > daysInMonth ? daysInMonth - 1 : day - 2)
}

/** As people write dates: 21/11/2026 in Vietnamese, 21 Nov 2026 in English. */
export function shownDate(date: string, language: 'en' | 'vi'): string {
  const [year = '', month = '', day = ''] = date.split('-')
  if (language === 'vi') return `${day}/${month}/${year}`
  const name =
    ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][Number(month) - 1] ?? month
  return `${Number(day)} ${name} ${year}`
}
