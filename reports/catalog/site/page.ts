import { html, trusted, type Content, type Markup } from '../../formats/markup.ts'
import { LANGUAGES, t, type Language } from '../../locales/index.ts'
import { shownDate } from '../dates.ts'
import type { Settings } from '../settings.ts'
import type { CatalogState, Standing, Status } from '../state.ts'

/** What every page is made from. The same site gives the same bytes. */
export interface Site {
  settings: Settings
  state: CatalogState
  /** The day the pages speak of. */
  asOf: string
  listings: Listing[]
}

export interface Listing {
  standing: Standing
  status: Status
}

/** One page in one language; `path` from the root of that language. */
export interface PageOptions {
  language: Language
  path: string
  title: string
  body: Markup
}

/** A text of the catalog in one language. */
export const texts =
  (language: Language) =>
  (key: string, values: Record<string, string | number> = {}): string =>
    t(language, 'catalog', key, values)

/** Vietnamese is at the root, English below `en/`. */
const ROOT: Record<Language, string> = { vi: '', en: 'en/' }
const NAMES: Record<Language, string> = { vi: 'Tiếng Việt', en: 'English' }

export const pathOf = (language: Language, path: string): string => `${ROOT[language]}${path}`

/** From a page to a file of the site, as a relative reference: the site works in any folder and from a disk. */
export const linkFrom =
  (language: Language, path: string) =>
  (target: string): string =>
    '../'.repeat(pathOf(language, path).split('/').length - 1) + target

const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"

const MENU = [
  ['index.html', 'site.menu-approved'],
  ['ended.html', 'site.menu-ended'],
  ['about.html', 'site.menu-about'],
] as const

export function page({ settings, state, asOf }: Site, { language, path, title, body }: PageOptions): string {
  const say = texts(language)
  const link = linkFrom(language, path)
  const name = settings.name[language]
  const stamp = settings.demo ? `${say('site.demo-title')} – ` : ''
  const menu = MENU.map(([target, key]) => {
    const here = target === path ? trusted(' aria-current="page"') : null
    return html`<li><a href="${link(pathOf(language, target))}" ${here}>${say(key)}</a></li>`
  })
  const languages = LANGUAGES.toReversed().map((l) => {
    const here = l === language ? trusted(' aria-current="true"') : null
    return html`<li><a href="${link(pathOf(l, path))}" lang="${l}" hreflang="${l}" ${here}>${NAMES[l]}</a></li>`
  })
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${stamp}${title} – ${name}</title>
        <link rel="icon" href="${link('catalog.svg')}" type="image/svg+xml" />
        <link rel="stylesheet" href="${link('catalog.css')}" />
        <script src="${link('catalog.js')}" defer></script>
      </head>
      <body>
        <a class="skip" href="#content">${say('site.skip')}</a>
        ${settings.demo ? demoBanner(say) : null}
        <header class="top">
          <div class="wide">
            <p class="name"><a href="${link(pathOf(language, 'index.html'))}">${name}</a></p>
            <nav class="languages" aria-label="${say('site.language')}">
              <ul>
                ${languages}
              </ul>
            </nav>
            <nav class="menu" aria-label="${say('site.pages')}">
              <ul>
                ${menu}
              </ul>
            </nav>
          </div>
        </header>
        <main id="content" class="wide">${body}</main>
        <footer class="bottom">
          <div class="wide">${footer({ settings, state, asOf }, language, link)}</div>
        </footer>
      </body>
    </html> `.markup
}

const demoBanner = (say: ReturnType<typeof texts>): Markup =>
  html`<aside class="demo">
    <p class="wide"><strong>${say('site.demo-title')}</strong> ${say('site.demo-text')}</p>
  </aside> `

function footer(
  { settings, state, asOf }: Pick<Site, 'settings' | 'state' | 'asOf'>,
  language: Language,
  link: (target: string) => string,
): Markup {
  const say = texts(language)
  const files: [string, string][] = [
    [pathOf(language, 'catalog.csv'), 'site.download-csv'],
    [pathOf(language, 'ended.csv'), 'site.download-ended-csv'],
    ['catalog.json', 'site.download-json'],
    ['catalog.schema.json', 'site.download-schema'],
    ['events.jsonl', 'site.download-log'],
    ['registrars.pem', 'site.download-registrars'],
  ]
  return html`<section class="stamp">
      <p><strong>${say('site.as-of', { date: shownDate(asOf, language) })}</strong></p>
      <p>${say('site.as-of-note', { date: shownDate(asOf, language) })}</p>
      ${settings.contact ? html`<p>${say('site.contact', { contact: settings.contact })}</p> ` : null}
      <p class="digest">${say('site.head', { events: state.head.number, digest: state.head.digest })}</p>
    </section>
    <section class="files">
      <h2>${say('site.downloads')}</h2>
      <ul>
        ${files.map(([target, key]) => html`<li><a href="${link(target)}">${say(key)}</a></li>`)}
      </ul>
    </section>`
}

/** A status in words, never by colour alone. */
export const badge = (status: Status, language: Language): Markup =>
  html`<span class="${`badge ${status}`}">${texts(language)(`status.${status}`)}</span>`

/** Rows of a description list; those without a value are left out. */
export const facts = (rows: readonly (readonly [string, Content])[]): Markup =>
  html`<dl class="facts">
    ${rows.map(([name, value]) =>
      value === null
        ? null
        : html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div> `,
    )}
  </dl>`
