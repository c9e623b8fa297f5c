import type { TSchema } from '../../../suites/schema.ts'
import { html, type Markup } from '../markup.ts'
import { isRecord } from '../source.ts'
import { duration, instant, say } from '../texts.ts'
import { bytesInline, quoted, shortened } from './bytes.ts'
import { exchangesTable, exchangeView, isExchange } from './exchange.ts'
import { schemaAt, isBase64Schema } from './schema-walk.ts'

const MOST_ROWS = 40
const MOST_ITEMS = 12
const MOST_INLINE = 60
const MOST_COLUMNS = 10
const DEEPEST = 4

export const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null

/** What an observation holds, without knowing its kind: exchanges, tables, lists, names with values. */
export function valueView(
  value: unknown,
  schema: TSchema | null = null,
  name = '',
  depth = 0,
  cited: string | null = null,
): Markup {
  if (isExchange(value)) return exchangeView(value, null)
  if (Array.isArray(value)) return listView(value, schema, name, depth, cited)
  if (isRecord(value)) return depth >= DEEPEST ? compact(value) : recordView(value, schema, depth, cited)
  return plainView(value, schema, name)
}

function plainView(value: unknown, schema: TSchema | null, name: string): Markup {
  if (value === null || value === undefined) return html`<span class="none">${say('evidence.absent')}</span>`
  if (typeof value === 'boolean') return html`<code>${String(value)}</code>`
  if (typeof value === 'number') {
    if (value > 1e15 && value < 4e15) return html`${instant(value)}`
    if (/^(elapsed|rtt|waited|duration)$/.test(name)) return html`${duration(value)}`
    return html`<code>${value}</code>`
  }
  const text = String(value)
  if (isBase64Schema(schema) || (schema === null && name === 'raw')) return bytesInline(text)
  return text === '' ? html`<span class="none">${say('evidence.empty-text')}</span>` : quoted(text)
}

function listView(list: unknown[], schema: TSchema | null, name: string, depth: number, cited: string | null): Markup {
  if (list.length === 0) return html`<span class="none">${say('evidence.empty-list')}</span>`
  const item = (i: number) => schemaAt(schema, String(i))
  if (list.every(isRange))
    return inline(list, ([first, last]) => html`<code>${first === last ? first : `${first}–${last}`}</code>`)
  if (list.every(isPlain))
    return inline(list, (v, i) =>
      cited === String(i) ? html`<mark>${plainView(v, item(i), name)}</mark>` : plainView(v, item(i), name),
    )
  if (list.length > 1 && list.every(isExchange)) {
    const rest = list.length - MOST_ROWS
    return html`${exchangesTable(list.slice(0, MOST_ROWS))}${rest > 0 && shortened(rest)}`
  }
  const columns = tableColumns(list)
  if (columns) return tableView(list as Record<string, unknown>[], columns, schema, cited)
  if (depth >= DEEPEST) return compact(list)
  const rest = list.length - MOST_ITEMS
  return html`<ol class="items" start="0">${list.slice(0, MOST_ITEMS).map((v, i) => html`<li>${valueView(v, item(i), name, depth + 1)}</li>`)}</ol>${
    rest > 0 && shortened(rest)
  }`
}

const isRange = (value: unknown): value is [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every((n) => Number.isSafeInteger(n)) && value[0] <= value[1]

function inline<T>(list: T[], write: (value: T, index: number) => Markup): Markup {
  const rest = list.length - MOST_INLINE
  return html`${list.slice(0, MOST_INLINE).map((v, i) => html`${i > 0 && ', '}${write(v, i)}`)}${rest > 0 && shortened(rest)}`
}

/** What fits into a cell: a plain value, a short list or a small record of them. */
const isSmall = (value: unknown): boolean =>
  isPlain(value) ||
  (Array.isArray(value) ? value.length <= MOST_ITEMS && value.every(isPlain) : isRecord(value) && isSmallRecord(value))

const isSmallRecord = (record: Record<string, unknown>): boolean =>
  Object.keys(record).length <= 3 && Object.values(record).every(isPlain)

/** Records of few small members make a table. */
function tableColumns(list: unknown[]): string[] | null {
  const columns = new Set<string>()
  for (const row of list.slice(0, MOST_ROWS)) {
    if (!isRecord(row) || !Object.values(row).every(isSmall)) return null
    for (const name of Object.keys(row)) columns.add(name)
  }
  return columns.size <= MOST_COLUMNS ? [...columns] : null
}

function tableView(
  rows: Record<string, unknown>[],
  columns: string[],
  schema: TSchema | null,
  cited: string | null,
): Markup {
  const rest = rows.length - MOST_ROWS
  const row = (r: Record<string, unknown>, i: number) => {
    const at = schemaAt(schema, String(i))
    return html`<tr${cited === String(i) && html` class="cited"`}>${columns.map(
      (c) => html`<td>${Object.hasOwn(r, c) && valueView(r[c], schemaAt(at, c), c, DEEPEST)}</td>`,
    )}</tr>`
  }
  return html`<div class="wide"><table class="small"><thead><tr>${columns.map((c) => html`<th scope="col">${c}</th>`)}</tr></thead>
<tbody>${rows.slice(0, MOST_ROWS).map(row)}</tbody></table></div>${rest > 0 && shortened(rest)}`
}

function recordView(
  record: Record<string, unknown>,
  schema: TSchema | null,
  depth: number,
  cited: string | null,
): Markup {
  const names = Object.keys(record)
  if (names.length === 0) return html`<span class="none">${say('evidence.empty-list')}</span>`
  const shownNames = names.slice(0, MOST_ROWS)
  if (cited !== null && !shownNames.includes(cited)) shownNames.push(cited)
  return html`<dl class="value">${shownNames.map(
    (name) =>
      html`<div${name === cited && html` class="cited"`}><dt>${quoted(name, 80)}</dt><dd>${valueView(
        record[name],
        schemaAt(schema, name),
        name,
        depth + 1,
      )}</dd></div>`,
  )}</dl>${names.length > shownNames.length && shortened(names.length - shownNames.length)}`
}

const compact = (value: unknown): Markup => quoted(JSON.stringify(value), 240)
