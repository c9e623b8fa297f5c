import { CHANGES, type Comparison } from '../../compare.ts'
import { bilingual } from '../../locales/index.ts'
import { html, type Both, type Markup } from '../markup.ts'
import { criterionTitle, subjectLabel, toldPlain } from '../texts.ts'

/** What changed since the report that a maker named as the baseline. */
export function comparisonSection({ changes, warnings }: Comparison): Markup {
  const groups = CHANGES.map((kind) => ({ kind, found: changes.filter((c) => c.change === kind) }))
  return html`<section id="comparison"><h2>${text('heading')}</h2>
${warnings.map((w) => html`<p class="notice">${{ en: toldPlain('en', { ...w, code: `diff.${w.code}` }), vi: toldPlain('vi', { ...w, code: `diff.${w.code}` }) }}</p>`)}
${groups.map(
  ({ kind, found }) =>
    html`<h3>${text(`change.${kind}`)} (${found.length})</h3>${found.length > 0 && html`<ul>${found.map((c) => html`<li>${criterionTitle(c.criterion)} – ${subjectLabel(c.subject)} <code>${c.id}</code></li>`)}</ul>`}`,
)}
</section>`
}

const text = (key: string): Both => bilingual('diff', key) ?? { en: key, vi: key }
