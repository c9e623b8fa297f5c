/** What a clock said: an instant in milliseconds since 1970, which may be as much as `width` later. */
export interface ClockText {
  at: number
  width: number
  /** No zone was given: the instant is that of the wall clock, some quarters of an hour off. */
  isLocal: boolean
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const MOST_CHARACTERS = 64

const ISO =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:T| {1,2})(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?(Z|UTC|GMT|[+-]\d\d:?\d\d)?$/i
/** RFC 9110 section 5.6.7: IMF-fixdate, and the date of C's asctime. */
const FIXDATE = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (GMT|UTC|[+-]\d{4})$/
const ASCTIME = /^(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d) (?:(UTC|GMT) )?(\d{4})$/
const UNIX = /^(?:(\d{10})(\d{3})|(\d{1,10})(?:\.(\d{1,9}))?)$/

/** Reads an instant in one of the forms a statement may declare; null for anything else, for which no meaning is guessed. */
export function readClock(given: string): ClockText | null {
  if (given.length > MOST_CHARACTERS) return null
  const text = given.trim()
  const iso = ISO.exec(text)
  if (iso) {
    const [, year, month, day, hour, minute, second, fraction, zone] = iso
    return instant(year, Number(month), day, hour, minute, second, fraction, zone)
  }
  const fix = FIXDATE.exec(text)
  if (fix) {
    const [, day, month, year, hour, minute, second, zone] = fix
    return instant(year, monthOf(month), day, hour, minute, second, undefined, zone)
  }
  const asc = ASCTIME.exec(text)
  if (asc) {
    const [, month, day, hour, minute, second, zone, year] = asc
    return instant(year, monthOf(month), day, hour, minute, second, undefined, zone)
  }
  const unix = UNIX.exec(text)
  if (!unix) return null
  const [, before, thousandths, seconds = before, fraction] = unix
  const part = partOf(thousandths ?? fraction)
  return { at: Number(seconds) * 1000 + part.milliseconds, width: part.width, isLocal: false }
}

const monthOf = (name = ''): number => MONTHS.indexOf(name.toLowerCase()) + 1

type Digits = string | undefined

function instant(
  year: Digits,
  month: number,
  day: Digits,
  hour: Digits,
  minute: Digits,
  second: Digits,
  fraction: Digits,
  zone: Digits,
): ClockText | null {
  const [y, d, h, m, s] = [year, day, hour, minute, second ?? '0'].map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const away = zoneOf(zone)
  if (month < 1 || month > 12 || d < 1 || d > 31 || h > 23 || m > 59 || s > 60 || away === null) return null
  const part = second === undefined ? { milliseconds: 0, width: 60_000 } : partOf(fraction)
  const at = ((daysTo(y, month, d) * 24 + h) * 60 + m - (away ?? 0)) * 60_000 + s * 1000 + part.milliseconds
  return { at, width: part.width, isLocal: away === undefined }
}

/** Minutes east of Greenwich; undefined where no zone is given, null where it is none. */
function zoneOf(zone: Digits): number | null | undefined {
  if (zone === undefined) return undefined
  const found = /^([+-])(\d\d):?(\d\d)$/.exec(zone)
  if (!found) return 0
  const minutes = Number(found[2]) * 60 + Number(found[3])
  return minutes > 14 * 60 ? null : found[1] === '-' ? -minutes : minutes
}

function partOf(fraction: Digits): { milliseconds: number; width: number } {
  if (fraction === undefined) return { milliseconds: 0, width: 1000 }
  return {
    milliseconds: Number(fraction.slice(0, 3).padEnd(3, '0')),
    width: fraction.length === 1 ? 100 : fraction.length === 2 ? 10 : 1,
  }
}

/** Days from 1970-01-01 in the Gregorian calendar: years counted from March, so that a leap day is the last. */
function daysTo(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const ofEra = y - era * 400
  const ofYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468
}
