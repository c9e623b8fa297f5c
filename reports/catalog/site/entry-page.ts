import { html, type Content, type Markup } from '../../formats/markup.ts'
import type { Language } from '../../locales/index.ts'
import { clockOf, dateOf, shownDate } from '../dates.ts'
import type { Entry } from '../events.ts'
import type { Turn } from '../state.ts'
import { sinceOf, whyOf } from './list-page.ts'
import { badge, facts, linkFrom, page, pathOf, texts, type Listing, type Site } from './page.ts'

type Say = ReturnType<typeof texts>

export const entryPath = (entry: Entry): string => `entry/${entry.id}.html`

/** Everything about one entry: what stands, what was tested, how to check it, what became of it. */
export function entryPage(site: Site, listing: Listing, language: Language): string {
  const say = texts(language)
  const { entry, history } = listing.standing
  const path = entryPath(entry)
  const name = `${entry.brand ?? entry.vendor} ${entry.model}`
  const body = html`<p class="back">
      <a
        href="${linkFrom(language, path)(pathOf(language, listing.status === 'approved' ? 'index.html' : 'ended.html'))}"
        >${say(listing.status === 'approved' ? 'entry.back' : 'site.ended-title')}</a
      >
    </p>
    <p class="number">${entry.id}</p>
    <h1>${name}</h1>
    ${verdict(listing, language)}
    <section>
      <h2>${say('entry.same-title')}</h2>
      <p>${say(listing.status === 'approved' ? 'entry.same-text' : 'entry.same-ended')}</p>
      ${identity(entry, say)}
    </section>
    <section>
      <h2>${say('entry.clauses')}</h2>
      <p>${say('entry.clauses-lead', { regulation: `${entry.regulation.id} ${entry.regulation.edition}` })}</p>
      ${clauses(entry, language)} ${others(entry, say)}
    </section>
    <section class="not-said">
      <h2>${say('entry.not-said-title')}</h2>
      <p>${say('entry.not-said-text')}</p>
    </section>
    <section>
      <h2>${say('entry.facts')}</h2>
      ${origin(entry, language)}
    </section>
    <section>
      <h2>${say('entry.verify-title')}</h2>
      <p>${say('entry.verify-text')}</p>
      ${facts([
        [say('entry.digest'), html`<code>${entry.report.digest}</code>`],
        [say('entry.manifest'), entry.report.manifest ? html`<code>${entry.report.manifest}</code>` : null],
        [say('entry.run'), html`<code>${entry.report.run}</code>`],
      ])}
      <pre tabindex="0"><code>sha256sum report.asice
camseal verify report.asice</code></pre>
    </section>
    <section>
      <h2>${say('entry.history')}</h2>
      <ol class="history">
        ${history.map((t) => turn(t, language))}
      </ol>
      <p class="quiet">${say('entry.time-note')}</p>
    </section> `
  return page(site, { language, path, title: `${name}, ${entry.firmware.version}`, body })
}

function verdict(listing: Listing, language: Language): Markup {
  const say = texts(language)
  const {
    standing: { entry },
    status,
  } = listing
  const date = shownDate(status === 'approved' || status === 'expired' ? entry.validUntil : sinceOf(listing), language)
  const key = status === 'approved' ? 'entry.in-force' : `entry.${status}`
  return html`<div class="${`verdict ${status}`}" data-until="${status === 'approved' ? entry.validUntil : ''}">
    <p class="state">${badge(status, language)} ${say(key, { date })}</p>
    <p class="late" hidden>${say('site.expired-since')}</p>
    ${status === 'approved' ? null : html`<p>${say('entry.why', { why: whyOf(listing, language) })}</p> `}
    <p class="firmware"><span>${say('site.firmware')}</span> <code>${entry.firmware.version}</code></p>
    <p>
      ${entry.regulation.title[language]}
      <span class="quiet">(${entry.regulation.id}, ${say('site.edition', { edition: entry.regulation.edition })})</span>
    </p>
  </div>`
}

const identity = (entry: Entry, say: Say): Markup =>
  facts([
    [say('site.maker'), entry.vendor],
    [say('site.brand'), entry.brand],
    [say('site.model'), entry.model],
    [say('site.hardware'), entry.hardware],
    [say('site.firmware'), html`<code>${entry.firmware.version}</code>`],
    [say('entry.image'), entry.firmware.sha256 ? html`<code>${entry.firmware.sha256}</code>` : say('entry.image-none')],
    [say('entry.link'), say(`link.${entry.firmware.link}`)],
  ])

const MARKS: Record<string, string> = { pass: '✓', covered: '✓', fail: '✕', 'not-applicable': '–' }

function clauses(entry: Entry, language: Language): Markup {
  const say = texts(language)
  return html`<table class="clauses">
    <thead>
      <tr>
        <th scope="col">${say('entry.clause')}</th>
        <th scope="col">${say('entry.outcome')}</th>
      </tr>
    </thead>
    <tbody>
      ${entry.clauses.map(
        (c) =>
          html`<tr>
            <th scope="row">
              <span class="id">${c.clause}</span> ${c.title[language]}${
                c.level === 'recommended' ? html` <span class="quiet">(${say('entry.recommended')})</span>` : null
              }
            </th>
            <td class="${`outcome ${c.outcome}`}">
              <span aria-hidden="true">${MARKS[c.outcome] ?? '?'}</span> ${say(`outcome.${c.outcome}`)}
            </td>
          </tr> `,
      )}
    </tbody>
  </table>`
}

function others(entry: Entry, say: Say): Content {
  if (entry.others.length === 0) return null
  return html`<p class="others">${say('entry.others')}:</p>
    <ul>
      ${entry.others.map((o) => html`<li>${o.id} ${o.edition}: ${say(`overall.${o.overall}`)}${o.indicative ? ` (${say('entry.indicative')})` : null}</li>`)}
    </ul> `
}

function origin(entry: Entry, language: Language): Markup {
  const say = texts(language)
  const { report, laboratory, holder, tool } = entry
  const started = shownDate(dateOf(report.startedAt), language)
  const ended = shownDate(dateOf(report.endedAt), language)
  const earlier = report.earlier.map(
    (e) =>
      html`<br />${say('entry.earlier-one', {
        number: e.number,
        ended: say(`ended.${e.ended}`),
        overall: e.overall ? say(`overall.${e.overall}`) : say('entry.no-conclusion'),
      })}`,
  )
  return facts([
    [
      say('entry.laboratory'),
      laboratory.address
        ? html`${laboratory.name}<br /><span class="quiet">${laboratory.address}</span>`
        : laboratory.name,
    ],
    [say('entry.accreditation'), laboratory.accreditation ?? say('entry.none-stated')],
    [say('entry.signer'), entry.signer],
    [say('entry.tested'), started === ended ? started : `${started} – ${ended}`],
    [say('entry.samples'), entry.samples],
    [say('entry.earlier'), earlier.length > 0 ? html`${earlier.length}${earlier}` : say('entry.earlier-none')],
    [
      say('entry.holder'),
      holder.address ? html`${holder.name}<br /><span class="quiet">${holder.address}</span>` : holder.name,
    ],
    [say('entry.maker-address'), entry.vendorAddress],
    [say('entry.origin'), entry.origin],
    [say('entry.tool'), html`camseal ${tool.version} <code>${tool.suiteDigest.slice(0, 16)}</code>`],
    [say('entry.admitted'), shownDate(entry.validFrom, language)],
  ])
}

function turn({ is, number, at, by, why }: Turn, language: Language): Markup {
  const say = texts(language)
  return html`<li>
    <p>
      <strong>${say(`turn.${is}`)}</strong>
      <time datetime="${new Date(Math.floor(at / 1000)).toISOString()}"
        >${shownDate(dateOf(at), language)}, ${clockOf(at)}</time
      >
    </p>
    ${why === null ? null : html`<p>${why}</p> `}
    <p class="quiet">${by} · ${say('entry.event', { number })}</p>
  </li> `
}
