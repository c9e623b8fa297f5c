import { html, sizeOf, trusted, type Content, type Markup } from '../markup.ts'
import {
  bySeverity,
  type ClauseRecord,
  type EvidenceIndex,
  type FindingRecord,
  type JudgementRecord,
  type ReportSource,
} from '../source.ts'
import { asking, criterionTitle, kindTitle, looking, mending, say, subjectLabel, told } from '../texts.ts'
import { quoted } from './bytes.ts'
import { badge } from './outcome.ts'

/** What has been shown already, and how many bytes of judgements may still be. Lives as long as one page is made. */
export interface Shown {
  full: Set<number>
  /** Those that links can lead to. */
  named: Set<number>
  left: number
}

const MOST_FINDINGS = 30
const MOST_CITES = 8
const MOST_LINES = 300

/** The decision path of a clause: criterion, subject and state, findings, verdict. */
export function judgementsView(
  clause: ClauseRecord,
  source: ReportSource,
  index: EvidenceIndex,
  shown: Shown,
): Content {
  const { judgements } = source.report.verdicts
  const groups = new Map<string, { number: number; judgement: JudgementRecord }[]>()
  for (const number of clause.judgements) {
    const judgement = judgements[number]
    if (!judgement) continue
    const key = `${judgement.criterion}|${judgement.parametersDigest}`
    groups.set(key, [...(groups.get(key) ?? []), { number, judgement }])
  }
  return [...groups.values()].map((group) => criterionView(group, source, index, shown))
}

function criterionView(
  group: { number: number; judgement: JudgementRecord }[],
  source: ReportSource,
  index: EvidenceIndex,
  shown: Shown,
): Markup {
  const sorted = [...group].sort((a, b) => bySeverity(a.judgement, b.judgement) || a.number - b.number)
  const { criterion, criterionVersion, parametersDigest } = sorted[0]!.judgement
  const demanded = source.report.verdicts.demand.find(
    (d) => d.criterion === criterion && d.parametersDigest === parametersDigest,
  )
  const parameters = Object.entries(demanded?.parameters ?? {})
  const cards = sorted.slice(0, MOST_LINES).map(({ number, judgement }) => {
    if (shown.full.has(number) || shown.left <= 0) return lineOf(number, judgement, shown)
    const card = cardOf(number, judgement, index)
    shown.full.add(number)
    shown.named.add(number)
    shown.left -= sizeOf(card)
    return card
  })
  const mend = mending(criterion)
  const looks = looking(criterion)
  return html`<div class="criterion"><h3>${criterionTitle(criterion)}</h3>
<p class="meta"><code>${criterion}</code>${criterionVersion !== '' && html` <span>${criterionVersion}</span>`}${parameters.map(
    ([name, value]) => html` · ${name} = ${quoted(JSON.stringify(value), 120)}`,
  )}</p>
${looks && html`<details class="how"><summary>${say('judgement.how')}</summary><p>${looks}</p></details>`}
${cards}${sorted.length > MOST_LINES && html`<p class="notice">${say('judgement.more', { count: sorted.length - MOST_LINES })}</p>`}
${mend && sorted.some((s) => s.judgement.verdict === 'fail') && html`<div class="mend"><p class="label">${say('judgement.mend')}</p><p>${mend}</p></div>`}</div>`
}

const place = ({ subject, state }: JudgementRecord): Content =>
  html`${subjectLabel(subject)}${state && html` · ${say(`state.${state}`)}`}`

/** Shown in full elsewhere, or too many to be. */
function lineOf(number: number, judgement: JudgementRecord, shown: Shown): Markup {
  const link = shown.full.has(number) && html` <a href="#j${number}">${say('judgement.elsewhere')}</a>`
  const isNew = !shown.named.has(number)
  shown.named.add(number)
  return html`<p class="again"${isNew && html` id="j${number}"`}>${badge(judgement.verdict)} ${place(judgement)}${link}</p>`
}

function cardOf(number: number, judgement: JudgementRecord, index: EvidenceIndex): Markup {
  const { verdict, findings } = judgement
  const decided = verdict === 'pass' || verdict === 'not-applicable'
  const first = decided
    ? findings
    : findings.filter((f) => f.is !== 'evidence').sort((a, b) => weightOf(b) - weightOf(a))
  const favourable = decided ? [] : findings.filter((f) => f.is === 'evidence')
  return html`<details class="judgement o-${verdict}"${!decided && html` open`}>
<summary id="j${number}">${badge(verdict)} <span class="place">${place(judgement)}</span></summary>
${findingsView(first, judgement, index)}
${favourable.length > 0 && html`<details class="how favourable"><summary>${say('judgement.favourable', { count: favourable.length })}</summary>${findingsView(favourable, judgement, index)}</details>`}
<p class="because">${say(`because.${reasonOf(judgement)}`)}</p></details>`
}

/** Violations before suspicions before gaps. */
const weightOf = (f: FindingRecord): number => (f.is === 'violation' ? (f.certainty === 'confirmed' ? 2 : 1) : 0)

function findingsView(findings: FindingRecord[], judgement: JudgementRecord, index: EvidenceIndex): Markup {
  const rest = findings.length - MOST_FINDINGS
  return html`<ol class="findings">${findings.slice(0, MOST_FINDINGS).map((f) => findingView(f, judgement, index))}</ol>${
    rest > 0 && html`<p class="notice">${say('judgement.more-findings', { count: rest })}</p>`
  }`
}

/** The rule by which the verdict follows from the findings (suites/judge.ts). */
function reasonOf({ verdict, findings }: JudgementRecord): string {
  if (verdict !== 'inconclusive') return verdict
  if (findings.length === 0) return 'inconclusive-empty'
  return findings.some((f) => f.is === 'violation') ? 'inconclusive-suspect' : 'inconclusive-gap'
}

function findingView(finding: FindingRecord, judgement: JudgementRecord, index: EvidenceIndex): Markup {
  const { criterion } = judgement
  const kind = finding.is === 'violation' && finding.certainty === 'suspect' ? 'suspicion' : finding.is
  const expected = finding.expected
    ? told(finding.expected, criterion)
    : finding.is === 'violation'
      ? asking(criterion)
      : null
  const actual = told(finding.message, criterion)
  const body = expected
    ? html`<dl class="pair"><div><dt>${say('judgement.expected')}</dt><dd>${expected}</dd></div><div class="actual"><dt>${say(
        'judgement.actual',
      )}</dt><dd>${actual}</dd></div></dl>`
    : html`<p>${actual}</p>`
  return html`<li class="f-${kind}"><p class="label">${say(`finding.${kind}`)}</p>${body}${citesView(finding, judgement, index)}</li>`
}

function citesView({ cites }: FindingRecord, { subject }: JudgementRecord, index: EvidenceIndex): Content {
  if (cites.length === 0) return null
  const links = cites
    .slice(0, MOST_CITES)
    .map(
      (c) =>
        html`<a class="cite" href="#${trusted(index.anchor(c))}">${kindTitle(c.kind)} <small>${c.subject !== subject && html`${subjectLabel(c.subject)} `}<code>${c.at === '' ? '/' : c.at}</code></small></a>`,
    )
  return html`<p class="cites">${say('judgement.evidence')} ${links}${cites.length > MOST_CITES && ` +${cites.length - MOST_CITES}`}</p>`
}
