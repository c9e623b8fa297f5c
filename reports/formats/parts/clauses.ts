import { OUTCOMES } from '../../../suites/roll-up.ts'
import type { Clause } from '../../../suites/regulation.ts'
import { html, type Content, type Markup } from '../markup.ts'
import {
  regulationOf,
  type ClauseRecord,
  type EvidenceIndex,
  type RegulationRecord,
  type ReportSource,
} from '../source.ts'
import { say, told } from '../texts.ts'
import { judgementsView, type Shown } from './judgements.ts'
import { badge, icon } from './outcome.ts'

/** Every clause of a regulation with its outcome; each opens to how it was decided. */
export function clausesSection(
  outcome: RegulationRecord,
  number: number,
  source: ReportSource,
  index: EvidenceIndex,
  shown: Shown,
): Markup {
  const regulation = regulationOf(source, outcome)
  const clauses = outcome.clauses.map((record, i) =>
    clauseView(
      record,
      regulation?.clauses.find((c) => c.id === record.clause) ?? null,
      `r${number}-c${i}`,
      source,
      index,
      shown,
    ),
  )
  return html`<section class="regulation" id="r${number}"><h2>${say('clauses.heading')} <small>${regulation?.title ?? outcome.regulation} · ${
    outcome.edition
  }</small></h2>
${filterView(outcome, number)}
<div class="clause-head" aria-hidden="true"><span>${say('clauses.clause')}</span><span>${say('clauses.title')}</span><span>${say('clauses.level')}</span><span>${say('clauses.outcome')}</span></div>
<ol class="clauses">${clauses}</ol></section>`
}

/** One radio button for each outcome that occurs; the hiding is done by the style sheet. */
function filterView({ clauses }: RegulationRecord, number: number): Content {
  const counts = OUTCOMES.map((o) => ({
    outcome: o as string,
    count: clauses.filter((c) => c.outcome === o).length,
  })).filter((c) => c.count > 0)
  if (counts.length < 2) return null
  const chip = (value: string, checked: boolean, label: Content) =>
    html`<label class="chip"><input type="radio" name="filter-${number}" value="${value}"${checked && html` checked`}>${label}</label>`
  return html`<fieldset class="filter"><legend>${say('clauses.filter')}</legend>${chip('all', true, html`${say('clauses.all')} <b>${clauses.length}</b>`)}${counts.map(
    ({ outcome, count }) => chip(outcome, false, html`${icon(outcome)}${say(`outcome.${outcome}`)} <b>${count}</b>`),
  )}</fieldset>`
}

function clauseView(
  record: ClauseRecord,
  clause: Clause | null,
  id: string,
  source: ReportSource,
  index: EvidenceIndex,
  shown: Shown,
): Markup {
  return html`<li class="clause o-${record.outcome}"><details${record.outcome === 'fail' && html` open`}>
<summary id="${id}"><span class="number">${record.clause}</span><span class="title">${clause?.title ?? record.clause}</span><span class="level">${say(
    `level.${record.level}`,
  )}</span>${badge(record.outcome)}</summary>
<div class="body">${clause && askedView(clause)}
${record.why && html`<p class="notice">${told(record.why)}</p>`}
${clause?.notAssessed && html`<p class="notice">${clause.notAssessed}</p>`}
${judgementsView(record, source, index, shown)}</div></details></li>`
}

/** The clause in our words, and how far these can be relied on. */
const askedView = ({
  asks,
  provenance,
}: Clause): Markup => html`<dl class="asked"><div><dt>${say('clauses.asks')}</dt><dd>${asks}</dd></div>
<div><dt>${say('clauses.provenance')}</dt><dd>${say(`confidence.${provenance.confidence}`)} ${
  provenance.sources.length > 0 &&
  html`<small class="sources">${provenance.sources.map((s, i) => html`${i > 0 && '; '}${s}`)}</small>`
}${provenance.note !== undefined && html` <small>${provenance.note}</small>`}</dd></div></dl>`
