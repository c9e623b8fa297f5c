import { OUTCOMES } from '../../../suites/roll-up.ts'
import { html, type Content, type Markup } from '../markup.ts'
import { regulationOf, type RegulationRecord, type ReportSource } from '../source.ts'
import { stampsOf } from '../stamps.ts'
import { instantText, say } from '../texts.ts'
import { badge, icon, LIKE } from './outcome.ts'

/** Stamps that hold for the whole report; they stay on the screen and on every printed page. */
export function stampStrip(source: ReportSource): Content {
  const stamps = stampsOf(source.report)
  if (stamps.length === 0) return null
  return html`<div class="stamps" role="note">${stamps.map((s) => html`<p class="stamp"><b>${say(`stamp.${s}`)}</b> <small>${say(`stamp.${s}-means`)}</small></p>`)}</div>`
}

/** The same explained in the text, where the strip has room for the words alone. */
export function stampNotes(source: ReportSource): Content {
  const stamps = stampsOf(source.report)
  return (
    stamps.length > 0 &&
    html`<ul class="stamp-notes">${stamps.map((s) => html`<li><b>${say(`stamp.${s}`)}.</b> ${say(`stamp.${s}-means`)}</li>`)}</ul>`
  )
}

/** What the report claims, and what it does not. */
export const verdictSection = (source: ReportSource): Markup => html`<section id="verdict">
${source.report.verdicts.regulations.map((r, i) => cardOf(r, i, source))}
<div class="limits"><p>${say('verdict.items')}</p><p>${say('verdict.follows')}</p></div></section>`

function cardOf(outcome: RegulationRecord, number: number, source: ReportSource): Markup {
  const { run } = source.report
  const regulation = regulationOf(source, outcome)
  const like = LIKE[outcome.overall]
  const sequence = run.sequence ? html` ${say('verdict.sequence', { number: run.sequence.number })}` : null
  return html`<article class="verdict o-${like}"><div class="of"><p class="law">${regulation?.title ?? outcome.regulation} <small>${say(
    'verdict.edition',
    { edition: outcome.edition },
  )}</small></p>
<h2>${icon(like)}${say(`overall.${outcome.overall}`)}</h2>
<p class="mode">${say(`mode.${run.mode}`)}${sequence}${outcome.indicative && html` <span class="tag">${say('stamp.indicative')}</span>`}${
    stampsOf(source.report).includes('demo') && html` <span class="tag">${say('stamp.demo')}</span>`
  }</p></div>
${barOf(outcome)}
${like === 'inconclusive' && html`<p class="means"><b>${say('verdict.undetermined-means')}</b> ${say(`verdict.${outcome.overall}-because`)} ${stillOpen(outcome)}</p>`}
${culprits(outcome, number, like)}
${regulation && html`<p class="faint">${say(`law.${regulation.text}`)} ${regulation.note}</p>`}
${regulation && inForce(regulation, run.startedAt)}</article>`
}

/** Counts as a bar and in words. */
function barOf({ clauses }: RegulationRecord): Markup {
  const counts = OUTCOMES.map((o) => ({ o, n: clauses.filter((c) => c.outcome === o).length })).filter(({ n }) => n > 0)
  return html`<div class="bar" aria-hidden="true">${counts.map(({ o, n }) => html`<i class="o-${o}" style="flex-grow:${n}"></i>`)}</div>
<ul class="counts">${counts.map(({ o, n }) => html`<li><b>${n}</b> ${badge(o)}</li>`)}</ul>`
}

/** Required clauses without a verdict, by why. */
function stillOpen({ clauses }: RegulationRecord): Content {
  const counts = (['inconclusive', 'not-assessed', 'unrun'] as const)
    .map((o) => ({ o, count: clauses.filter((c) => c.level === 'required' && c.outcome === o).length }))
    .filter(({ count }) => count > 0)
  return html`${say('verdict.open')} ${counts.map(({ o, count }, i) => html`${i > 0 && ', '}${say(`verdict.open-${o}`, { count })}`)}.`
}

/** Links to the clauses that decided it. */
function culprits({ clauses }: RegulationRecord, number: number, like: string): Content {
  const links = clauses.flatMap((c, i) =>
    c.outcome === like && c.level === 'required' ? [html`<a href="#r${number}-c${i}">${c.clause}</a>`] : [],
  )
  if (like === 'pass' || links.length === 0) return null
  return html`<p class="culprits">${say(`verdict.${like}-clauses`)} ${links.slice(0, 40)}</p>`
}

/** A regulation applied outside its dates is said so (ISO 8601 dates compare as text). */
function inForce(
  { validFrom, validUntil }: { validFrom: string | null; validUntil: string | null },
  at: number,
): Content {
  const day = instantText(at).slice(0, 10)
  if (validFrom !== null && day < validFrom)
    return html`<p class="notice">${say('verdict.not-yet', { date: validFrom })}</p>`
  if (validUntil !== null && day > validUntil)
    return html`<p class="notice">${say('verdict.no-longer', { date: validUntil })}</p>`
  return null
}
