import type { Language } from '../locales/index.ts'
import { shownDate } from './dates.ts'
import { sinceOf, whyOf } from './site/list-page.ts'
import { texts, type Listing, type Site } from './site/page.ts'

/** Spreadsheets take a cell that begins so for a formula, also after blanks and in full width. */
const FORMULA = /^[\s\u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212\t\r\n|%]/

/** One cell (RFC 4180): always quoted; what could be a formula is preceded by an apostrophe. */
export const cell = (value: string): string => `"${(FORMULA.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`

export const csv = (rows: readonly (readonly string[])[]): string =>
  `\ufeff${rows.map((r) => r.map(cell).join(',')).join('\r\n')}\r\n`

/**
 * The table of entries in the order of the columns that Decree 37/2026/ND-CP form 13 asks for: who, what, by which
 * regulation, which result, from when until when, note. UTF-8 with a byte order mark, so that spreadsheets read Vietnamese.
 */
export function tableOf(site: Site, listings: readonly Listing[], language: Language): string {
  const say = texts(language)
  const columns = [
    'no',
    'entry',
    'status',
    'holder',
    'holder-address',
    'maker',
    'brand',
    'model',
    'hardware',
    'firmware',
    'firmware-sha256',
    'regulation',
    'edition',
    'report',
    'laboratory',
    'valid-from',
    'valid-until',
    'note',
  ]
  const rows = listings.map((l, i) => {
    const { entry } = l.standing
    const notes = [
      site.settings.demo ? say('site.demo-title') : '',
      l.status === 'approved'
        ? ''
        : `${say(`status.${l.status}`)} ${shownDate(sinceOf(l), language)}: ${whyOf(l, language)}`,
    ]
    return [
      String(i + 1),
      entry.id,
      say(`status.${l.status}`),
      entry.holder.name,
      entry.holder.address ?? '',
      entry.vendor,
      entry.brand ?? '',
      entry.model,
      entry.hardware,
      entry.firmware.version,
      entry.firmware.sha256 ?? '',
      entry.regulation.id,
      entry.regulation.edition,
      entry.report.digest,
      entry.laboratory.name,
      entry.validFrom,
      entry.validUntil,
      notes.filter((n) => n !== '').join(' · '),
    ]
  })
  return csv([columns.map((c) => say(`csv.${c}`)), ...rows])
}
