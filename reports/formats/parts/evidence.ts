import type { ObservationKind } from '../../../suites/observation.ts'
import { html, sizeOf, type Content, type Markup } from '../markup.ts'
import {
  MOST_ENTRIES,
  MOST_PARTS,
  seenOf,
  type EvidenceEntry,
  type EvidenceIndex,
  type ReportSource,
  type SeenRecord,
} from '../source.ts'
import { instant, kindTitle, say, size, subjectLabel, told } from '../texts.ts'
import { textOfBytes } from '../visible.ts'
import { block, quoted, shortened } from './bytes.ts'
import { backLinks, partView } from './part.ts'
import { pictureView } from './picture.ts'

export interface EvidenceOptions {
  /** Observation kinds, whose schemas tell raw bytes from text. */
  kinds: ReadonlyMap<string, Pick<ObservationKind, 'schema'>>
  /** Judgements that the page has a place for. */
  named: ReadonlySet<number>
  /** Most bytes of evidence in full; the rest is listed with its digests. */
  limit: number
}

const LONGEST_JSON = 4_000
/** Bytes that the line of an observation without room takes, at most. */
const LINE = 400

/** The observations that findings cite, each cited part on its own, as far as they fit. */
export function evidenceSection(source: ReportSource, index: EvidenceIndex, options: EvidenceOptions): Markup {
  const named = index.entries.slice(0, MOST_ENTRIES)
  let left = options.limit - named.length * LINE
  const full: Markup[] = []
  const listed: Markup[] = []
  named.forEach((entry, i) => {
    const article = left > 0 ? articleOf(entry, i, source, options) : null
    if (article && sizeOf(article) <= left) {
      left -= sizeOf(article)
      full.push(article)
    } else listed.push(lineOf(entry, i))
  })
  const unlisted = index.entries.length - named.length
  const uncited = source.observations.length - index.entries.filter((e) => e.observation !== null).length
  return html`<section id="evidence"><h2>${say('evidence.heading')}</h2>
<p class="lead">${say('evidence.lead')}</p>
${index.entries.length === 0 && html`<p>${say('evidence.nothing')}</p>`}
${full}
${
  listed.length > 0 &&
  html`<div class="notice"><p>${say('evidence.too-much', { shown: full.length, all: index.entries.length })}</p></div>
<ul class="listed">${listed}</ul>`
}
${unlisted > 0 && html`<p id="evidence-rest">${say('evidence.unlisted', { count: unlisted })}</p>`}
${uncited > 0 && html`<p class="faint">${say('evidence.uncited', { count: uncited })}</p>`}</section>`
}

const heading = ({ cite }: EvidenceEntry): Content =>
  html`${kindTitle(cite.kind)} <small>${subjectLabel(cite.subject)} · ${say(`state.${cite.state}`)}</small>`

/** Beyond the limit: still a target for the links of its findings. */
const lineOf = (entry: EvidenceEntry, number: number): Markup =>
  html`<li id="e${number}">${entry.parts.slice(0, MOST_PARTS).map((_, j) => html`<a id="e${number}-${j}"></a>`)}<code>${entry.cite.kind} ${entry.cite.subject} ${
    entry.cite.state
  }</code> <code class="digest">${entry.observation?.object}</code></li>`

function articleOf(entry: EvidenceEntry, number: number, source: ReportSource, options: EvidenceOptions): Markup {
  const { observation, cite } = entry
  const schema = options.kinds.get(cite.kind)?.schema ?? null
  if (!observation)
    return html`<article class="evidence" id="e${number}"><h3>${heading(entry)}</h3>
<p class="notice">${say('evidence.missing')}</p>${entry.parts.slice(0, MOST_PARTS).map((p, j) => html`<a id="e${number}-${j}"></a><p class="meta">${backLinks(p.judgements, source, options.named)}</p>`)}</article>`
  const seen = seenOf(observation.seen)
  const disclosure = observation.object && source.report.disclosure[`objects/sha256/${observation.object}`]
  return html`<article class="evidence" id="e${number}"><h3>${heading(entry)}</h3>
<p class="meta">${instant(observation.startedAt)} – ${instant(observation.endedAt)} · ${say('evidence.probe', { probe: quoted(observation.probe, 80) })}${
    disclosure && html` · ${say(`disclosure.${disclosure}`)}`
  }</p>
<p class="meta">${say('evidence.object')} <code class="digest">${observation.object ?? say('not-stated')}</code></p>
${!seen.answered && html`<p class="notice">${say('evidence.unanswered', { cause: say(`cause.${seen.cause ?? 'lab'}`) })} ${seen.why && told(seen.why)}</p>`}
${entry.parts.slice(0, MOST_PARTS).map((part, j) => partView(part, `e${number}-${j}`, { value: seen.value, schema }, source, options.named))}
${entry.parts.length > MOST_PARTS && shortened(entry.parts.length - MOST_PARTS)}${controlsView(seen)}${artifactsView(seen, source)}
<details class="raw"><summary>${say('evidence.raw')}</summary>${block(JSON.stringify(seen.value ?? null, null, 1), LONGEST_JSON)}</details></article>`
}

function controlsView({ controls }: SeenRecord): Content {
  if (controls.length === 0) return null
  return html`<p class="label">${say('evidence.controls')}</p><ul class="controls">${controls.map(
    (c) =>
      html`<li class="${c.ok ? 'ok' : 'bad'}"><b>${say(c.ok ? 'evidence.held' : 'evidence.not-held')}</b> ${c.about ? told(c.about) : quoted(c.id)}</li>`,
  )}</ul>`
}

/** What was stored beside the observation; the beginning of it where it is text. */
function artifactsView({ artifacts }: SeenRecord, source: ReportSource): Content {
  if (artifacts.length === 0) return null
  return html`<p class="label">${say('evidence.artifacts')}</p><ul class="artifacts">${artifacts
    .slice(0, 20)
    .map((a) => {
      const content = source.objects(a.digest)
      const isText = /^(text\/|application\/(json|xml|sdp))/.test(a.mediaType)
      return html`<li>${quoted(a.name, 120)} <small>${quoted(a.mediaType, 80)} · ${size(a.bytes)}</small> <code class="digest">${a.digest}</code>${
        content === null
          ? html` <small>${say('evidence.withheld')}</small>`
          : html`${pictureView(a, content)}${isText && html`<details class="raw"><summary>${say('evidence.beginning')}</summary>${block(textOfBytes(content.subarray(0, 2000)), 2000)}</details>`}`
      }</li>`
    })}</ul>`
}
