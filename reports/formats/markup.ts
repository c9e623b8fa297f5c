import { piecesOf, visible } from './visible.ts'

/** Finished HTML. Only `html` and `trusted` make it, so text of the device cannot become an element by oversight. */
export interface Markup {
  readonly markup: string
}

/** One content in each language; the page shows one of them. */
export interface Both {
  readonly en: Content
  readonly vi: Content
}

export type Content = Markup | Both | string | number | null | undefined | false | readonly Content[]

/** For constant HTML of this program, never for anything that was read. */
export const trusted = (markup: string): Markup => ({ markup })

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c)

/** Text for an element: escaped, hidden characters as marks. */
export const shown = (text: string, lines = false): Markup =>
  trusted(
    piecesOf(text, lines)
      .map((p) => ('text' in p ? escaped(p.text) : `<b class="ctl">${p.mark}</b>`))
      .join(''),
  )

/** A template whose values are escaped: as an attribute directly after `="`, as text elsewhere. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Markup {
  let out = strings[0] ?? ''
  values.forEach((value, i) => {
    const inAttribute = (strings[i] ?? '').endsWith('="')
    out += (inAttribute ? attribute(value) : written(value)) + (strings[i + 1] ?? '')
  })
  return trusted(out)
}

const attribute = (value: Content): string =>
  typeof value === 'string'
    ? escaped(visible(value))
    : typeof value === 'number'
      ? String(value)
      : isMarkup(value)
        ? value.markup
        : ''

function written(value: Content): string {
  if (value === null || value === undefined || value === false) return ''
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return shown(value).markup
  if (isList(value)) return value.map(written).join('')
  if ('markup' in value) return value.markup
  const en = written(value.en)
  const vi = written(value.vi)
  return en === vi ? en : `<span lang="en">${en}</span><span lang="vi">${vi}</span>`
}

const isMarkup = (value: Content): value is Markup => typeof value === 'object' && value !== null && 'markup' in value
const isList = (value: Content): value is readonly Content[] => Array.isArray(value)

/** How many bytes it takes in the file. */
export const sizeOf = (markup: Markup): number => Buffer.byteLength(markup.markup)
