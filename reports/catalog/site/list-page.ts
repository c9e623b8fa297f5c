import { html, type Content, type Markup } from '../../formats/markup.ts'
import type { Language } from '../../locales/index.ts'
import { dateOf, plusDays, shownDate } from '../dates.ts'
import { searchable } from '../names.ts'
import { badge, linkFrom, page, pathOf, texts, type Listing, type Site } from './page.ts'

/** The list of what is in force: whole without a script; a script adds the search. */
export function approvedPage(site: Site, language: Language): string {
  const say = texts(language)
  const listings = site.listings.filter((l) => l.status === 'approved')
  const body = html`<h1>${say('site.approved-title')}</h1>
    <p class="lead">${say('site.approved-lead')}</p>
    <p class="count">
      ${say('site.count', { count: listings.length })} · ${say('site.as-of', { date: shownDate(site.asOf, language) })}
    </p>
    ${
      listings.length === 0
        ? html`<p class="empty">${say('site.none')}</p>`
        : html`${search(listings.length, language)}
          ${table(listings, language, 'index.html', [say('site.regulation'), say('site.valid-until')], (l) => [
            regulation(l),
            html`<time datetime="${l.standing.entry.validUntil}"
                >${shownDate(l.standing.entry.validUntil, language)}</time
              >
              <span class="late" hidden>${say('site.expired-since')}</span>`,
          ])}`
    } `
  return page(site, { language, path: 'index.html', title: say('site.approved-title'), body })
}

/** The second table: suspended, withdrawn, expired, each with its reason. */
export function endedPage(site: Site, language: Language): string {
  const say = texts(language)
  const listings = site.listings.filter((l) => l.status !== 'approved')
  const body = html`<h1>${say('site.ended-title')}</h1>
    <p class="lead">${say('site.ended-lead')}</p>
    <p class="count">
      ${say('site.count-ended', { count: listings.length })} ·
      ${say('site.as-of', { date: shownDate(site.asOf, language) })}
    </p>
    ${
      listings.length === 0
        ? html`<p class="empty">${say('site.none-ended')}</p>`
        : html`${search(listings.length, language)}
          ${table(listings, language, 'ended.html', [say('site.status'), say('site.reason')], (l) => [
            html`${badge(l.status, language)} <span class="since">${shownDate(sinceOf(l), language)}</span>`,
            whyOf(l, language),
          ])}`
    } `
  return page(site, { language, path: 'ended.html', title: say('site.ended-title'), body })
}

/** The day from which the present status holds. */
export function sinceOf({ standing, status }: Listing): string {
  const { entry, history } = standing
  return status === 'expired' ? plusDays(entry.validUntil, 1) : dateOf(history.at(-1)?.at ?? 0)
}

/** Why an entry is no longer in force, in the registrar's words or by its own term. */
export function whyOf({ standing, status }: Listing, language: Language): string {
  const say = texts(language)
  if (status === 'expired')
    return say(standing.entry.endsWith === 'regulation' ? 'site.regulation-ended' : 'site.term-ended')
  return standing.history.at(-1)?.why ?? ''
}

const regulation = ({ standing: { entry } }: Listing): Markup =>
  html`${entry.regulation.id} <span class="quiet">${entry.regulation.edition}</span>`

function search(count: number, language: Language): Markup {
  const say = texts(language)
  return html`<search class="search" hidden>
    <label for="query">${say('site.search')}</label>
    <input
      id="query"
      type="search"
      autocomplete="off"
      spellcheck="false"
      placeholder="${say('site.search-hint')}"
      maxlength="100"
    />
    <p
      class="shown"
      role="status"
      data-text="${say('site.search-shown')}"
      data-none="${say('site.search-none')}"
      data-count="${String(count)}"
    ></p>
  </search>`
}

function table(
  listings: readonly Listing[],
  language: Language,
  path: string,
  heads: [string, string],
  cells: (l: Listing) => [Content, Content],
): Markup {
  const say = texts(language)
  const link = linkFrom(language, path)
  const [third, fourth] = heads
  const rows = listings.map((l) => {
    const { entry } = l.standing
    const [a, b] = cells(l)
    const words = [
      entry.id,
      entry.vendor,
      entry.brand ?? '',
      entry.model,
      entry.hardware,
      entry.firmware.version,
      entry.firmware.sha256 ?? '',
      entry.regulation.id,
    ]
    return html`<tr data-search="${searchable(words.join(' '))}" data-until="${entry.validUntil}">
      <th scope="row">
        <a href="${link(pathOf(language, `entry/${entry.id}.html`))}"
          >${entry.brand ? `${entry.brand} ` : null}${entry.model}</a
        >
        <span class="quiet">${entry.vendor} · ${entry.hardware}</span>
      </th>
      <td data-head="${say('site.firmware')}"><code>${entry.firmware.version}</code></td>
      <td data-head="${third}"><span class="cell">${a}</span></td>
      <td data-head="${fourth}"><span class="cell">${b}</span></td>
      <td class="number" data-head="${say('site.entry')}">${entry.id}</td>
    </tr> `
  })
  return html`<table class="${path === 'ended.html' ? 'list with-reason' : 'list'}">
    <thead>
      <tr>
        <th scope="col">${say('site.product')}</th>
        <th scope="col">${say('site.firmware')}</th>
        <th scope="col">${third}</th>
        <th scope="col">${fourth}</th>
        <th scope="col">${say('site.entry')}</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`
}
