import type { Language } from '../locales/index.ts'
import { html, sizeOf, trusted, type Markup } from './markup.ts'
import { clausesSection } from './parts/clauses.ts'
import { comparisonSection } from './parts/comparison.ts'
import { stampNotes, stampStrip, verdictSection } from './parts/banner.ts'
import { evidenceSection, type EvidenceOptions } from './parts/evidence.ts'
import { changesSection, identificationSection, recordsSection } from './parts/records.ts'
import { SYMBOLS } from './parts/outcome.ts'
import { timelineSection } from './parts/timeline.ts'
import { untestedSection } from './parts/untested.ts'
import { verificationSection } from './parts/verification.ts'
import { citedEvidence, type ReportSource } from './source.ts'
import { stampsOf } from './stamps.ts'
import { stylesFor } from './styles.ts'
import { instant, say, word } from './texts.ts'

export interface HtmlOptions {
  /** The language shown first; the reader can change it. */
  language?: Language
  /** Observation kinds, whose schemas tell raw bytes from text. */
  kinds?: EvidenceOptions['kinds']
  /** File name of the sealed report in the commands that check it. */
  bundle?: string
  /** Bytes the file may have; evidence beyond is listed with its digests instead of shown. */
  limit?: number
}

/** Nothing is fetched, nothing is run: the page works from a file, offline, with scripts switched off. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
const LIMIT = 4_800_000
const SHARE_OF_JUDGEMENTS = 0.4

/** The report for people: one file, both languages, no script. Equal sources give equal bytes. */
export function renderHtml(source: ReportSource, options: HtmlOptions = {}): string {
  const { language = 'vi', kinds = new Map(), bundle = 'report.asice', limit = LIMIT } = options
  const index = citedEvidence(source)
  const shown = { full: new Set<number>(), named: new Set<number>(), left: Math.floor(limit * SHARE_OF_JUDGEMENTS) }
  const clauses = source.report.verdicts.regulations.map((r, i) => clausesSection(r, i, source, index, shown))
  const parts = [
    verdictSection(source),
    ...(source.comparison ? [comparisonSection(source.comparison)] : []),
    identificationSection(source),
    ...clauses,
    untestedSection(source),
    timelineSection(source),
    changesSection(source),
    recordsSection(source),
    verificationSection(source, bundle),
  ]
  const used = parts.reduce((sum, part) => sum + sizeOf(part), 0) + Buffer.byteLength(styles(source))
  const evidence = evidenceSection(source, index, {
    kinds,
    named: shown.named,
    limit: Math.max(0, Math.floor((limit - used) * 0.75)),
  })
  return page(source, language, [...parts, evidence]).markup
}

/** The stamps once in each language, for the margins of paper. */
function styles(source: ReportSource): string {
  const words = (language: Language) =>
    stampsOf(source.report)
      .map((s) => word(language, `stamp.${s}`).toUpperCase())
      .join(' · ')
  return stylesFor({ en: words('en'), vi: words('vi') })
}

function page(source: ReportSource, language: Language, sections: Markup[]): Markup {
  const { dut } = source.statement
  const device = `${dut.maker.name} ${dut.model}`
  const stamps = stampsOf(source.report)
    .map((s) => word(language, `stamp.${s}`))
    .join(' · ')
  const stamped = stamps === '' ? '' : `[${stamps}] `
  return html`<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${trusted(html`${stamped}${word(language, 'title')} – ${device}`.markup.replace(/<[^>]*>/g, ''))}</title>
<style>${trusted(styles(source))}</style>
</head>
<body>
${SYMBOLS}
<a class="skip" href="#verdict">${say('skip')}</a>
${stampStrip(source)}
<header class="top"><p class="brand">Camseal</p>
<fieldset class="language"><legend>Ngôn ngữ · Language</legend>
<label lang="vi"><input type="radio" name="language" value="vi" id="vi"${language === 'vi' && html` checked`}>Tiếng Việt</label>
<label lang="en"><input type="radio" name="language" value="en" id="en"${language === 'en' && html` checked`}>English</label></fieldset></header>
<div class="page">
${contents(source)}
<main>
<div class="headline"><p class="eyebrow">${say('title')}</p><h1><bdi>${dut.maker.name}</bdi> <bdi>${dut.model}</bdi></h1>
<p>${say('subtitle', { firmware: html`<bdi class="v">${dut.firmware.version}</bdi>`, date: instant(source.report.run.endedAt) })}</p>
${stampNotes(source)}</div>
${sections}
</main></div>
<footer><p>Camseal ${source.report.tool.version} · <code>${source.report.run.id}</code></p><p>${say('footer')}</p></footer>
</body>
</html>
`
}

function contents({ report, regulations }: ReportSource): Markup {
  const link = (id: string, key: string) => html`<li><a href="#${trusted(id)}">${say(key)}</a></li>`
  return html`<nav class="contents"><h2>${say('contents')}</h2><ol>
${link('verdict', 'verdict.heading')}${link('identification', 'identification.heading')}
${report.verdicts.regulations.map((r, i) => html`<li><a href="#r${i}">${say('clauses.heading')} <small>${regulations.find((x) => x.id === r.regulation)?.id ?? r.regulation}</small></a></li>`)}
${link('untested', 'untested.heading')}${link('time', 'time.heading')}${link('changes', 'changes.heading')}${link('records', 'records.heading')}${link('verification', 'verification.heading')}${link('evidence', 'evidence.heading')}
</ol></nav>`
}
