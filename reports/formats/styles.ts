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

export const STYLES = [LAYOUT, PARTS, LANGUAGE, FILTERS, MEDIA].join('\n')
