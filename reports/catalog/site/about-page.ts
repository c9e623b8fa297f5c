import { html, type Markup } from '../../formats/markup.ts'
import type { Language } from '../../locales/index.ts'
import { REASONS } from '../reasons.ts'
import { page, texts, type Site } from './page.ts'

/** What is checked, how names and dates are read, how to check the log without this program. */
export function aboutPage(site: Site, language: Language): string {
  const say = texts(language)
  const { settings, state } = site
  const line = state.head.number
  const regulations = settings.regulations.map(
    (r) =>
      html`<li>
        ${say('about.regulation-row', { id: r.id, edition: r.edition })}${
          r.graceDays ? html` <span class="quiet">(${say('about.grace', { days: r.graceDays })})</span>` : null
        }${r.digest ? html`<br /><code>${r.digest}</code>` : null}
      </li> `,
  )
  const body = html`<h1>${say('site.about-title')}</h1>
    <p class="lead">${say('about.lead')}</p>
    <section>
      <h2>${say('about.regulations')}</h2>
      <ul>
        ${regulations}
      </ul>
      <p>${say('about.term', { months: settings.validityMonths })}</p>
    </section>
    <section>
      <h2>${say('about.checks-title')}</h2>
      <p>${say('about.checks-lead')}</p>
      <ol class="checks">
        ${REASONS.map((r) => html`<li>${say(`checks.${r}`)}</li> `)}
      </ol>
      <p>${say('about.refused', { count: state.refused })}</p>
    </section>
    <section>
      <h2>${say('about.names-title')}</h2>
      <p>${say('about.names-text')}</p>
      <h2>${say('about.dates-title')}</h2>
      <p>${say('about.dates-text')}</p>
    </section>
    <section>
      <h2>${say('about.report-title')}</h2>
      <p>${say('about.report-text')}</p>
      <pre tabindex="0"><code>unzip -l report.asice
camseal verify report.asice</code></pre>
    </section>
    <section>
      <h2>${say('about.log-title')}</h2>
      <p>${say('about.log-text')}</p>
      <h3>${say('about.log-chain')}</h3>
      ${command(CHAIN)}
      <h3>${say('about.log-signature', { line })}</h3>
      ${command(signatureCommand(line))}
    </section> `
  return page(site, { language, path: 'about.html', title: say('site.about-title'), body })
}

const command = (text: string): Markup =>
  html`<pre tabindex="0"><code>${text.split('\n').map((l, i) => (i > 0 ? html` ${l}` : l))}</code></pre>`

export const CHAIN = `while IFS= read -r line; do printf '%s' "$line" | sha256sum; done < events.jsonl
jq -r .previous events.jsonl`

/** With `jq` and `openssl` only: the event without its signature, in canonical form, is what was signed. */
export const signatureCommand = (line: number): string => `sed -n ${line}p events.jsonl > line.json
jq -cjS 'del(.signature)' line.json > event.json
jq -r .signature line.json | base64 -d > event.p7s
openssl cms -verify -cades -binary -inform DER -in event.p7s -content event.json \\
  -CAfile registrars.pem -partial_chain -purpose any -out /dev/null`
