import { LANGUAGES, type Language } from '../locales/index.ts'
import { LAYOUT } from './styles/layout.ts'
import { OUTCOMES } from '../../suites/roll-up.ts'
import { PARTS } from './styles/parts.ts'
import { MEDIA } from './styles/media.ts'

/** One language at a time; a browser without `:has()` shows the language the page was made in. */
const LANGUAGE = `
body:has(#vi:checked) span[lang=en],body:has(#en:checked) span[lang=vi]{display:none}
@supports not selector(:has(*)){html[lang=vi] span[lang=en],html[lang=en] span[lang=vi]{display:none}.language,.filter{display:none}}
`

/** A chip shows one outcome; on paper everything is shown. */
const FILTERS = `@media screen{${OUTCOMES.map(
  (o) => `.regulation:has(.filter input[value=${o}]:checked) .clause:not(.o-${o}){display:none}`,
).join('\n')}}`

/** Stamps and page numbers in the margin of every printed page, in the language that is being read. */
const paper = (stamps: Record<Language, string>): string =>
  LANGUAGES.map(
    (l) => `@page ${l}{@bottom-right{content:counter(page) " / " counter(pages);font:8pt sans-serif;color:#444}${
      stamps[l] === ''
        ? ''
        : `@top-center{content:${JSON.stringify(stamps[l])};width:100%;margin:4mm 0;font:700 9pt sans-serif;color:#fff;background:#7a1f6b}`
    }}
body:has(#${l}:checked){page:${l}}`,
  ).join('\n')

/** The whole style sheet; `stamps` are constant words of this program. */
export const stylesFor = (stamps: Record<Language, string>): string =>
  [LAYOUT, PARTS, LANGUAGE, FILTERS, MEDIA, paper(stamps)].join('\n')
