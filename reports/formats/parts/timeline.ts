import { html, type Markup } from '../markup.ts'
import type { ReportSource } from '../source.ts'
import { duration, instant, kindTitle, say } from '../texts.ts'

type Step = ReportSource['report']['timeline'][number]

/** Thousandths of the width: finer is not drawn. */
const STEPS = 1000

/** How the time was spent: a row for each kind of observation, waiting hatched. */
export function timelineSection({ report }: ReportSource): Markup {
  const { timeline, run } = report
  const first = Math.min(run.startedAt, ...timeline.map((s) => s.startedAt))
  const last = Math.max(run.endedAt, ...timeline.map((s) => s.endedAt))
  const rows = new Map<string, Step[]>()
  for (const step of timeline) rows.set(step.kind, [...(rows.get(step.kind) ?? []), step])
  return html`<section id="time"><h2>${say('time.heading')}</h2>
<p class="lead">${say('time.lead', { from: instant(first), to: instant(last), all: duration(last - first) })}${
    run.resumed > 0 && html` ${say('time.resumed', { count: run.resumed })}`
  }</p>
${
  timeline.length === 0
    ? html`<p>${say('time.nothing')}</p>`
    : html`<table class="gantt"><thead><tr><th scope="col">${say('time.kind')}</th><th scope="col">${say('time.count')}</th><th scope="col">${say('time.spent')}</th><th scope="col">${say('time.waited')}</th><th scope="col" class="track"><span class="ends"><span>0</span><span>${duration(last - first)}</span></span></th></tr></thead>
<tbody>${[...rows].map(([kind, steps]) => rowView(kind, steps, first, Math.max(1, last - first)))}</tbody></table>
<p class="faint legend"><svg class="key" aria-hidden="true"><rect width="100%" height="100%" class="busy"/></svg> ${say('time.busy')} <svg class="key" aria-hidden="true"><rect width="100%" height="100%" fill="url(#hatch)"/></svg> ${say('time.waiting')} <svg class="key" aria-hidden="true"><rect width="100%" height="100%" class="unanswered"/></svg> ${say('time.unanswered')}</p>`
}</section>`
}

function rowView(kind: string, steps: Step[], first: number, span: number): Markup {
  const spent = steps.reduce((sum, s) => sum + s.endedAt - s.startedAt, 0)
  const waited = steps.reduce((sum, s) => sum + s.waited, 0)
  return html`<tr><th scope="row">${kindTitle(kind)}</th><td>${steps.length}</td><td>${duration(spent)}</td><td>${
    waited > 0 ? duration(waited) : '–'
  }</td><td class="track"><svg aria-hidden="true" height="18" width="100%">${bars(steps, first, span)}</svg></td></tr>`
}

/** When within a step it waited is not recorded: the share is drawn at its end. Equal bars are drawn once. */
function bars(steps: Step[], first: number, span: number): Markup[] {
  const drawn = new Set<string>()
  const at = (micros: number) => Math.round(((micros - first) / span) * STEPS)
  return steps.flatMap((step) => {
    const [from, to] = [at(step.startedAt), Math.max(at(step.endedAt), at(step.startedAt) + 3)]
    const waiting = Math.min(to - from, Math.round((step.waited / span) * STEPS))
    const key = `${from}|${to}|${waiting}|${step.answered}`
    if (drawn.has(key)) return []
    drawn.add(key)
    const busy = html`<rect x="${from / 10}%" y="3" width="${(to - from) / 10}%" height="12" rx="2" class="${step.answered ? 'busy' : 'unanswered'}"/>`
    return waiting > 0
      ? [
          busy,
          html`<rect x="${(to - waiting) / 10}%" y="3" width="${waiting / 10}%" height="12" rx="2" fill="url(#hatch)"/>`,
        ]
      : [busy]
  })
}
