import { html, type Content, type Markup } from '../markup.ts'
import { regulationOf, type ClauseRecord, type RegulationRecord, type ReportSource } from '../source.ts'
import { criterionTitle, say, told } from '../texts.ts'
import { badge } from './outcome.ts'

/** Kept apart, because they mean different things and different people can mend them. */
const GROUPS = ['inconclusive', 'not-assessed', 'unrun', 'covered', 'not-applicable'] as const
const MOST_REASONS = 6

/** What was not tested, and why. */
export function untestedSection(source: ReportSource): Markup {
  const { regulations } = source.report.verdicts
  const any = regulations.some((r) => r.clauses.some((c) => GROUPS.some((g) => g === c.outcome)))
  return html`<section id="untested"><h2>${say('untested.heading')}</h2>
<p class="lead">${say(any ? 'untested.lead' : 'untested.nothing')}</p>
${selectionView(source)}
${GROUPS.map((group) => groupView(group, source))}
${withinFails(source)}</section>`
}

function groupView(group: (typeof GROUPS)[number], source: ReportSource): Content {
  const found = source.report.verdicts.regulations.flatMap((outcome, r) =>
    outcome.clauses.flatMap((clause, c) => (clause.outcome === group ? [{ outcome, clause, id: `r${r}-c${c}` }] : [])),
  )
  if (found.length === 0) return null
  return html`<h3>${badge(group)} <small>${say(`untested.${group}`)}</small></h3>
<ul class="reasons">${found.map(
    ({ outcome, clause, id }) =>
      html`<li><a href="#${id}">${clause.clause}</a> ${titleOf(outcome, clause, source)}${reasonsView(outcome, clause, source)}</li>`,
  )}</ul>`
}

const titleOf = (outcome: RegulationRecord, { clause }: ClauseRecord, source: ReportSource): Content =>
  html`<span>${regulationOf(source, outcome)?.clauses.find((c) => c.id === clause)?.title}</span>`

function reasonsView(outcome: RegulationRecord, clause: ClauseRecord, source: ReportSource): Content {
  const reasons = [...new Map(reasonsOf(outcome, clause, source).map((r) => [html`${r}`.markup, r])).values()]
  if (reasons.length === 0) return null
  const rest = reasons.length - MOST_REASONS
  return html`<ul>${reasons.slice(0, MOST_REASONS).map((r) => html`<li>${r}</li>`)}${rest > 0 && html`<li>${say('untested.more', { count: rest })}</li>`}</ul>`
}

function reasonsOf(outcome: RegulationRecord, clause: ClauseRecord, source: ReportSource): Content[] {
  const { judgements, demand } = source.report.verdicts
  const asked = regulationOf(source, outcome)?.clauses.find((c) => c.id === clause.clause)
  if (clause.outcome === 'not-assessed') return [asked?.notAssessed ?? (clause.why && told(clause.why))]
  if (clause.outcome === 'unrun')
    return demand
      .filter(
        (d) => !d.selected && d.askedBy.some((a) => a.regulation === outcome.regulation && a.clause === clause.clause),
      )
      .map((d) => html`${criterionTitle(d.criterion)}: ${clause.why && told(clause.why)}`)
  if (clause.outcome === 'covered') return [clause.why && told(clause.why)]
  const verdict = clause.outcome === 'inconclusive' ? 'inconclusive' : 'not-applicable'
  return clause.judgements.flatMap((number) => {
    const judgement = judgements[number]
    if (judgement?.verdict !== verdict) return []
    return judgement.findings.filter((f) => f.is !== 'evidence').map((f) => told(f.message, judgement.criterion))
  })
}

/** A failing clause may hold open questions too. */
function withinFails({ report }: ReportSource): Content {
  const numbers = new Set(
    report.verdicts.regulations.flatMap((r) =>
      r.clauses.filter((c) => c.outcome === 'fail').flatMap((c) => c.judgements),
    ),
  )
  const count = [...numbers].filter((n) => report.verdicts.judgements[n]?.verdict === 'inconclusive').length
  return count > 0 && html`<p class="notice">${say('untested.within-fails', { count })}</p>`
}

/** A rehearsal says what it chose. */
function selectionView({ report }: ReportSource): Content {
  const { only, skip, areas, tiers, ports = [], deselected } = report.run.selection
  const rows = [
    ['only', only],
    ['skip', skip],
    ['areas', areas],
    ['tiers', tiers],
    ['ports', ports],
    ['deselected', deselected],
  ] as const
  const chosen = rows.filter(([, list]) => list.length > 0)
  if (chosen.length === 0) return null
  return html`<dl class="facts">${chosen.map(
    ([name, list]) =>
      html`<div><dt>${say(`selection.${name}`)}</dt><dd>${list.map((v, i) => html`${i > 0 && ', '}<code>${v}</code>`)}</dd></div>`,
  )}</dl>`
}
