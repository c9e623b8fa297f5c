import { html, trusted, type Markup } from '../markup.ts'
import { say } from '../texts.ts'

/** Drawn once and used by reference: shapes differ, so that colour is never the only sign. */
export const SYMBOLS: Markup = trusted(`<svg width="0" height="0" class="symbols" aria-hidden="true"><defs>
<symbol id="i-pass" viewBox="0 0 16 16"><path d="M3 8.5 6.5 12 13 4.5"/></symbol>
<symbol id="i-fail" viewBox="0 0 16 16"><path d="m4 4 8 8m0-8-8 8"/></symbol>
<symbol id="i-inconclusive" viewBox="0 0 16 16"><path d="M5.2 6.1a2.8 2.8 0 1 1 4.3 2.4c-.9.6-1.5 1-1.5 2.1m0 2.6v.2"/></symbol>
<symbol id="i-not-applicable" viewBox="0 0 16 16"><path d="M3.5 8h9"/></symbol>
<symbol id="i-not-assessed" viewBox="0 0 16 16"><circle cx="8" cy="8" r="4.6" stroke-dasharray="2.4 2.2"/></symbol>
<symbol id="i-unrun" viewBox="0 0 16 16"><path d="M5 3.5v9m6-9v9"/></symbol>
<symbol id="i-covered" viewBox="0 0 16 16"><path d="m2 8.5 2.7 2.7L9.5 5m-2.3 5.2 1 1L14 5"/></symbol>
<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" class="hatch-ground"/><rect width="2.4" height="6" class="hatch-line"/></pattern>
</defs></svg>`)

export const icon = (name: string): Markup => html`<svg class="i" aria-hidden="true"><use href="#i-${name}"/></svg>`

/** Icon and word of an outcome or a verdict. */
export const badge = (outcome: string): Markup =>
  html`<span class="badge o-${outcome}">${icon(outcome)}${say(`outcome.${outcome}`)}</span>`

/** Which outcome an overall looks like. */
export const LIKE = {
  conforms: 'pass',
  'does-not-conform': 'fail',
  undetermined: 'inconclusive',
  'no-failure-in-selection': 'pass',
  'failure-in-selection': 'fail',
  'undetermined-in-selection': 'inconclusive',
} as const
