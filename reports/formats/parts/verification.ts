import { html, shown, type Markup } from '../markup.ts'
import type { ReportSource } from '../source.ts'
import { say } from '../texts.ts'

/** How to check the sealed report with standard tools, and how to judge it again. `bundle` is its file name. */
export function verificationSection({ report }: ReportSource, bundle: string): Markup {
  const steps: [string, string][] = [
    ['verification.unpack', `unzip -q ${bundle} -d sealed && cd sealed`],
    [
      'verification.signature',
      'openssl cms -verify -cades -binary -inform DER -in META-INF/signature001.p7s \\\n  -content META-INF/ASiCManifest001.xml -CAfile trusted.pem -purpose any -out /dev/null',
    ],
    [
      'verification.members',
      'openssl dgst -sha256 -binary report.json | base64\ngrep \'URI="report.json"\' META-INF/ASiCManifest001.xml',
    ],
    ['verification.objects', '(cd objects/sha256 && for f in *; do echo "$f  $f"; done | sha256sum -c --quiet)'],
    ['verification.journal', `tail -n 1 journal.jsonl | tr -d '\\n' | sha256sum    # ${report.journal.head}`],
    ['verification.again', `camseal verify ${bundle}`],
  ]
  return html`<section id="verification"><h2>${say('verification.heading')}</h2><p class="lead">${say('verification.lead')}</p>
<ol class="steps">${steps.map(([key, command]) => html`<li>${say(key)}<pre><code>${shown(command, true)}</code></pre></li>`)}</ol>
<p class="faint">${say('verification.view')}</p></section>`
}
