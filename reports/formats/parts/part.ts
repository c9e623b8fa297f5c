import type { Exchange } from '../../../suites/observations/exchange.ts'
import type { TSchema } from '../../../suites/schema.ts'
import { html, sizeOf, type Content, type Markup } from '../markup.ts'
import { isRecord, resolve, tokensOf, type EvidencePart, type ReportSource } from '../source.ts'
import { criterionTitle, say } from '../texts.ts'
import { block, quoted } from './bytes.ts'
import { exchangeView, isExchange, resultOf } from './exchange.ts'
import { schemaAt } from './schema-walk.ts'
import { isPlain, valueView } from './value.ts'

const LONGEST_PART = 24_000
const LONGEST_JSON = 4_000

/** One cited part; open where it speaks against the device or leaves something open. `named`: judgements links can lead to. */
export function partView(
  part: EvidencePart,
  id: string,
  { value, schema }: { value: unknown; schema: TSchema | null },
  source: ReportSource,
  named: ReadonlySet<number>,
): Markup {
  const view = cited(value, part.at, schema)
  const shown =
    sizeOf(view) <= LONGEST_PART
      ? view
      : block(JSON.stringify(resolve(value, part.at)?.value ?? null, null, 1), LONGEST_JSON)
  return html`<details class="part"${part.against && html` open`}><summary id="${id}"><code>${part.at === '' ? '/' : part.at}</code> <span class="precis">${precis(
    value,
    part.at,
  )}</span></summary>
<p class="meta">${backLinks(part.judgements, source, named)}</p>${shown}</details>`
}

/** The cited part in its smallest readable surroundings: the exchange or record it belongs to. */
function cited(value: unknown, pointer: string, schema: TSchema | null): Markup {
  const tokens = tokensOf(pointer)
  const found = resolve(value, pointer)
  if (!found) return html`<p class="notice">${say('evidence.no-part')}</p>`
  const within = exchangeAround(value, tokens)
  if (within) return exchangeView(within.exchange, within.round)
  const schemaOf = (path: string[]) => path.reduce<TSchema | null>(schemaAt, schema)
  const last = tokens.at(-1)
  if (last === undefined || (typeof found.value === 'object' && found.value !== null))
    return valueView(found.value, schemaOf(tokens), last ?? '')
  const parent = tokens.slice(0, -1)
  const around = resolve(value, pointer.slice(0, pointer.lastIndexOf('/')))?.value
  const near = isRecord(around)
    ? Object.fromEntries(Object.entries(around).filter(([name, v]) => name === last || isPlain(v)))
    : around
  return valueView(near, schemaOf(parent), parent.at(-1) ?? '', 2, last)
}

/** The exchange that a pointer leads into, and the round of it. */
function exchangeAround(value: unknown, tokens: string[]): { exchange: Exchange; round: number | null } | null {
  let at = value
  for (let i = 0; ; i++) {
    if (isExchange(at))
      return {
        exchange: at,
        round: tokens[i] === 'rounds' && tokens[i + 1] !== undefined ? Number(tokens[i + 1]) : null,
      }
    if (i >= tokens.length) return null
    at = resolve(at, `/${(tokens[i] ?? '').replace(/~/g, '~0').replace(/\//g, '~1')}`)?.value
  }
}

/** One line that tells what a closed part holds. */
function precis(value: unknown, pointer: string): Content {
  const found = resolve(value, pointer)
  if (!found) return null
  const within = exchangeAround(value, tokensOf(pointer))
  if (!within) return isPlain(found.value) ? quoted(String(found.value), 80) : quoted(JSON.stringify(found.value), 80)
  const { method, target } = within.exchange.request
  return html`${quoted(`${method} ${target}`, 80)} → ${resultOf(within.exchange, within.round)}`
}

export function backLinks(judgements: number[], { report }: ReportSource, named: ReadonlySet<number>): Content {
  const links = judgements.slice(0, 6).map((j) => {
    const judgement = report.verdicts.judgements[j]
    if (!judgement) return null
    const title = criterionTitle(judgement.criterion)
    return named.has(j) ? html` <a href="#j${j}">${title}</a>` : html` ${title}`
  })
  return html`<span class="back">${say('evidence.cited-by')}${links}${judgements.length > 6 && ` +${judgements.length - 6}`}</span>`
}
